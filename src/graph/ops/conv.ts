/** Convolutions as people ask for them: in one and two dimensions, and transposed. */
import { ShapeError, ValueError } from '../../errors.js';
import { anything, checkFields, type FieldsOf, show } from '../../fields.js';
import { apply, checkNodes, type Node, of, sameShape, showShape } from '../node.js';
import { type Extents, each, type Pair, pairOf } from '../window.js';
import { adjoint, channelsOf, convolveOperation, flip } from './convolution.js';

/** How a window moves over an image: numbers for both axes, or [y, x]. */
export interface ConvOptions {
  /** By default 1. */
  readonly stride?: Extents | undefined;
  /** Zeros on both sides: a number, `valid` for none (the default), `same` for an output of the input's extent. */
  readonly padding?: Extents | 'valid' | 'same' | undefined;
  /** From one tap of the window to the next; by default 1. */
  readonly dilation?: Extents | undefined;
  /** Filters of group g read the channels of group g alone; by default 1. As many as channels: depthwise. */
  readonly groups?: number | undefined;
}

/** The same along one axis, in numbers alone. */
export type Conv1dOptions = {
  readonly [Name in keyof ConvOptions]: Exclude<ConvOptions[Name], Pair>;
};

export interface ConvTransposeOptions extends ConvOptions {
  /** What the output is longer, where several outputs of a strided convolution have the same extent; by default 0. */
  readonly outputPadding?: Extents | undefined;
}

/** The fields of `ConvOptions`; extents are checked once the number of axes is known. */
export const convFields: FieldsOf<ConvOptions> = {
  stride: anything,
  padding: anything,
  dilation: anything,
  groups: anything,
};

/** The fields of `ConvTransposeOptions`. */
export const convTransposeFields: FieldsOf<ConvTransposeOptions> = { ...convFields, outputPadding: anything };

/** x, the weight, and the bias if there is one. */
type Operands = readonly [Node, Node] | readonly [Node, Node, Node];
const operandsOf = (x: Node, weight: Node, bias?: Node): Operands => (bias ? [x, weight, bias] : [x, weight]);

/** Zeros before the image. Throws where `same` has no answer that is the same on both sides. */
function paddingOf(name: string, { padding = 'valid', stride = 1 }: ConvOptions, span: Pair): Pair {
  if (padding === 'valid') return [0, 0];
  if (padding !== 'same') return pairOf(name, 'padding', padding, 0);
  const strides = pairOf(name, 'stride', stride, 1);
  if (strides.some((s) => s !== 1) || span.some((n) => n % 2 === 0))
    throw new ValueError(
      `${name}: expected padding 'same' with stride 1 and an odd window, got stride ${showShape(strides)} and a window of ${showShape(span)}`,
    );
  return each((axis) => (span[axis] - 1) / 2);
}

/** Checks x and the weight of a convolution of `axes` axes, and gives its extents as those of two. */
function windowOf(name: string, axes: 1 | 2, [x, weight, ...bias]: Operands, options: ConvOptions) {
  checkNodes(name, [x, weight, ...bias]);
  const image = axes === 1 ? '[length, channels]' : '[height, width, channels]';
  if (!x.batched || x.shape.length !== axes + 1)
    throw new ShapeError(`${name}: expected x of shape ${image} for each sample, got ${showShape(x.shape)}${of(x)}`);
  if (weight.batched || weight.shape.length !== axes + 2)
    throw new ShapeError(`${name}: expected a weight of ${axes + 2} axes, got ${showShape(weight.shape)}${of(weight)}`);
  const { groups = 1 } = options;
  if (!Number.isInteger(groups) || groups < 1)
    throw new ValueError(`${name}: expected groups to be a positive integer, got ${show(groups)}`);
  if (axes === 1)
    for (const extent of ['stride', 'dilation', 'padding'] as const)
      if (Array.isArray(options[extent]))
        throw new ValueError(`${name}: expected ${extent} to be one number, got ${show(options[extent])}`);
  const two = (value: Extents): Extents => (axes === 1 && typeof value === 'number' ? [1, value] : value);
  const input = (axes === 1 ? [1, x.shape[0]] : x.shape.slice(0, 2)) as unknown as Pair;
  const kernel = (axes === 1 ? [1, weight.shape[0]] : weight.shape.slice(0, 2)) as unknown as Pair;
  const stride = pairOf(name, 'stride', two(options.stride ?? 1), 1);
  const dilation = pairOf(name, 'dilation', two(options.dilation ?? 1), 1);
  const span = each((axis) => (kernel[axis] - 1) * dilation[axis] + 1);
  const given = options.padding ?? 'valid';
  const padding = axes === 1 && typeof given === 'number' ? ([0, given] as const) : given;
  const pad = paddingOf(name, { padding, stride }, span);
  return { input, kernel, stride, dilation, span, pad, groups };
}

/** The parameters of a convolution of `C` channels by `N` filters, each of which sees c of them. */
function checkChannels(name: string, [x, weight, bias]: Operands, groups: number, c: number, N: number): void {
  const C = channelsOf(x);
  if (C % groups !== 0 || N % groups !== 0)
    throw new ShapeError(
      `${name}: expected groups that divide ${C} channels and ${N} filters, got ${groups}${of(x, weight)}`,
    );
  if (c !== C / groups)
    throw new ShapeError(
      `${name}: expected a weight for ${C / groups} channels in each of ${groups} groups, got ${c}${of(x, weight)}`,
    );
  if (bias && (bias.batched || !sameShape(bias.shape, [N])))
    throw new ShapeError(`${name}: expected a bias of shape [${N}], got ${showShape(bias.shape)}${of(bias)}`);
}

function convolution(name: string, axes: 1 | 2, operands: Operands, options: ConvOptions) {
  checkFields(name, options, convFields);
  const [x, weight] = operands;
  const { input, kernel, stride, dilation, span, pad, groups } = windowOf(name, axes, operands, options);
  const [c, N] = weight.shape.slice(-2);
  checkChannels(name, operands, groups, c, N);
  const output = each((axis) => Math.floor((input[axis] + 2 * pad[axis] - span[axis]) / stride[axis]) + 1);
  if (output.some((extent) => extent < 1))
    throw new ShapeError(
      `${name}: expected a window within the padded image, whose channels come last, got ${showShape(span)} over ${showShape(input)} padded by ${showShape(pad)}${of(x, weight)}`,
    );
  const geometry = { input, output, kernel, stride, dilation, pad, up: [1, 1] as const, groups };
  return apply(convolveOperation, operands, geometry);
}

/**
 * A convolution (cross-correlation: the window is not flipped) of x [height, width, channels] of each sample by the
 * weight [kh, kw, channels / groups, filters], plus the bias [filters] or none:
 * y[oy, ox, f] = b_f + sum of x[oy s + ky d - p, ox s + kx d - p, c] w[ky, kx, c, f], zeros outside of the image.
 * Each extent of y is floor((n + 2 p - d (k - 1) - 1) / s) + 1. Throws `ShapeError` or `ValueError` for what does not fit.
 */
export const conv2d = (x: Node, weight: Node, bias?: Node, options: ConvOptions = {}): Node =>
  convolution('conv2d', 2, operandsOf(x, weight, bias), options);

/** The same along one axis: x [length, channels], the weight [k, channels / groups, filters]. Extents are numbers. */
export const conv1d = (x: Node, weight: Node, bias?: Node, options: Conv1dOptions = {}): Node =>
  convolution('conv1d', 1, operandsOf(x, weight, bias), options);

/**
 * A transposed convolution: what takes gradients back through `conv2d`. x is [height, width, channels], the weight
 * [kh, kw, filters / groups, channels], that of the convolution from y to x, and y [oh, ow, filters] with
 * oh = (height - 1) s - 2 p + d (k - 1) + 1 + outputPadding. Throws `ShapeError` or `ValueError` for what does not fit.
 */
export function convTranspose2d(x: Node, weight: Node, bias?: Node, options: ConvTransposeOptions = {}): Node {
  const name = 'convTranspose2d';
  checkFields(name, options, convTransposeFields);
  const operands = operandsOf(x, weight, bias);
  const { input, kernel, stride, dilation, span, pad, groups } = windowOf(name, 2, operands, options);
  const extra = pairOf(name, 'outputPadding', options.outputPadding ?? 0, 0);
  if (extra.some((n, axis) => n >= stride[axis]))
    throw new ValueError(
      `${name}: expected an outputPadding below the stride ${showShape(stride)}, got ${showShape(extra)}`,
    );
  const [filters, C] = weight.shape.slice(-2);
  checkChannels(name, operands, groups, C / groups, filters * groups);
  const output = each((axis) => (input[axis] - 1) * stride[axis] - 2 * pad[axis] + span[axis] + extra[axis]);
  if (C !== channelsOf(x))
    throw new ShapeError(
      `${name}: expected a weight of ${channelsOf(x)} channels on its last axis, got ${C}${of(x, weight)}`,
    );
  if (output.some((extent) => extent < 1))
    throw new ShapeError(
      `${name}: expected padding that leaves an output, got ${showShape(pad)} around ${showShape(output)}${of(x, weight)}`,
    );
  const forward = { input: output, output: input, kernel, stride, dilation, pad, up: [1, 1] as const, groups };
  const flipped = flip(weight, forward);
  return apply(convolveOperation, operandsOf(x, flipped, bias), adjoint(forward));
}
