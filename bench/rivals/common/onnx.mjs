/** Models as ONNX files: as much of the format as a chain of dense layers needs. */
import protobuf from 'protobufjs';

const FLOAT = 1;
/** Old enough for any runtime, new enough for Gemm with a bias of one dimension. */
const IR_VERSION = 8;
const OPSET = 13;

/** From onnx.proto, with its numbers of fields. */
const schema = `
  syntax = "proto2";
  message ModelProto {
    optional int64 ir_version = 1;
    optional GraphProto graph = 7;
    repeated OperatorSetIdProto opset_import = 8;
  }
  message OperatorSetIdProto { optional string domain = 1; optional int64 version = 2; }
  message GraphProto {
    repeated NodeProto node = 1;
    optional string name = 2;
    repeated TensorProto initializer = 5;
    repeated ValueInfoProto input = 11;
    repeated ValueInfoProto output = 12;
  }
  message NodeProto { repeated string input = 1; repeated string output = 2; optional string op_type = 4; }
  message TensorProto {
    repeated int64 dims = 1;
    optional int32 data_type = 2;
    optional string name = 8;
    optional bytes raw_data = 9;
  }
  message ValueInfoProto { optional string name = 1; optional TypeProto type = 2; }
  message TypeProto { optional TensorTypeProto tensor_type = 1; }
  message TensorTypeProto { optional int32 elem_type = 1; optional TensorShapeProto shape = 2; }
  message TensorShapeProto { repeated DimensionProto dim = 1; }
  message DimensionProto { optional int64 dim_value = 1; }
`;

const ModelProto = protobuf.parse(schema).root.lookupType('ModelProto');

/** The bytes of a model from `x` to `y` of these shapes: `nodes` of `{ opType, input, output }`, and `weights`. */
export const encodeModel = ({ input, output, nodes, weights }) =>
  ModelProto.encode(
    ModelProto.create({
      irVersion: IR_VERSION,
      opsetImport: [{ domain: '', version: OPSET }],
      graph: {
        name: 'graph',
        node: nodes,
        initializer: weights.map(({ name, dims, data }) => ({
          name,
          dims,
          dataType: FLOAT,
          rawData: new Uint8Array(data.buffer),
        })),
        input: [valueInfo('x', input)],
        output: [valueInfo('y', output)],
      },
    }),
  ).finish();

const valueInfo = (name, shape) => ({
  name,
  type: { tensorType: { elemType: FLOAT, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
});
