/** What users take: the optimisers' functions and what they make. */
export {
  type AdagradConfig,
  type AdamConfig,
  adagrad,
  adam,
  adamw,
  type OptimizerConfig,
  type RmspropConfig,
  rmsprop,
  type SgdConfig,
  sgd,
} from './optimizer.js';
