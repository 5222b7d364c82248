/** Networks that are disposed of after the test that makes them. */
import { afterEach } from 'vitest';
import { type Network, type NetworkOptions, network } from '../../src/index.js';

const made: { dispose(): void }[] = [];
afterEach(() => {
  for (const net of made.splice(0)) net.dispose();
});

export async function create<Outputs extends NonNullable<NetworkOptions['outputs']>>(
  options: NetworkOptions & { readonly outputs?: Outputs },
) {
  return disposedLater(await network<Outputs>(options));
}

export function disposedLater<Prediction>(net: Network<Prediction>): Network<Prediction> {
  made.push(net);
  return net;
}
