/**
 * A worker's whole program, as text, so that no bundler has to find a file: `enter` instantiates the kernels and runs
 * jobs until the pool is closed. When a kernel traps, the pool is marked as failed before the error goes on, and nobody
 * waits for this thread.
 */
export const WORKER_SOURCE = `
function enter({ module, memory, control, thread }, ready) {
  const words = new Int32Array(memory.buffer)
  const wait = (address, expected, ms) => Atomics.wait(words, address / 4, expected, ms) === 'timed-out'
  const { exports } = new WebAssembly.Instance(module, { env: { memory, wait } })
  ready()
  try {
    while (exports.work(control, thread));
  } catch (error) {
    exports.fail(control)
    throw error
  }
}
`;
