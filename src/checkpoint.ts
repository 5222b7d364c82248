/** What a file holds of a network beside its configuration: the tensors, and how far training has come. */
import type { Bytes } from './arrays.js';
import { CheckpointError, ValueError } from './errors.js';
import { anything, checkFields, type FieldsOf, flag, notNegative, optional } from './fields.js';
import { allFinite } from './graph/feeds.js';
import type { Executable } from './graph/model.js';
import { encodeSafetensors } from './io/safetensors.js';
import type { NetworkConfig } from './nn/config.js';
import { checkLearningRate } from './optim/optimizer.js';

export interface SaveOptions {
  /** Whether what training goes on from is saved too; by default yes. */
  readonly training?: boolean | undefined;
}

export const saveFields: FieldsOf<SaveOptions> = { training: optional(flag) };

/** How far training has come, in the metadata of a file. */
interface Training {
  readonly steps: number;
  readonly epochs: number;
  readonly learningRate: number;
}

/** The bytes of a file. Throws `ValueError` if a number is not finite, which `load` would refuse. */
export function encodeCheckpoint(
  config: NetworkConfig,
  executable: Executable,
  epochs: number,
  { training = true }: SaveOptions,
): Bytes {
  const tensors = new Map([...executable.parameters(), ...executable.statistics()]);
  const metadata: Record<string, string> = { lanegrad: JSON.stringify(config) };
  if (training && config.optimizer) {
    for (const [name, tensor] of executable.states()) tensors.set(name, tensor);
    const { steps, learningRate } = executable;
    metadata.training = JSON.stringify({ steps, epochs, learningRate } satisfies Training);
  }
  for (const [name, { data }] of tensors)
    if (!allFinite(data)) throw new ValueError(`save: expected finite numbers in '${name}', got NaN or infinity`);
  return encodeSafetensors(tensors, metadata);
}

const trainingFields: FieldsOf<Training> = { steps: notNegative, epochs: notNegative, learningRate: anything };

/** How far training had come; null if the file does not say. Throws `CheckpointError` if it says what cannot be. */
export function parseTraining(text: string | undefined): Training | null {
  if (text === undefined) return null;
  try {
    const training: Training = JSON.parse(text);
    checkFields('training', training, trainingFields);
    checkLearningRate(training.learningRate);
    return training;
  } catch (cause) {
    throw new CheckpointError(`load: expected metadata 'training' as save writes it: ${(cause as Error).message}`, {
      cause,
    });
  }
}
