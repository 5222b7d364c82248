/** The tiers that run here. */
import { platform } from '#platform';
import { chooseTier } from '../src/runtime/tiers.js';
import { type TierName, tierNames } from '../src/tier.js';

/** Names of all tiers that this engine runs, `js` included. */
export async function availableTiers(): Promise<TierName[]> {
  const available: TierName[] = [];
  for (const name of tierNames)
    if (
      name === 'js' ||
      (await chooseTier(name, platform.canShare()).then(
        () => true,
        () => false,
      ))
    )
      available.push(name);
  return available;
}
