/** Our end of the conversation with a contestant's process; `common/serve.mjs` is the other. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { processOf } from './sides.mjs';

export class Contestant {
  #child;
  #answers;
  /** What a process says as it dies: the last line of its standard error that names an error, or else the last. */
  #complaint = '';
  #exit;

  constructor(side, threads) {
    const { command, args, env } = processOf(side, threads);
    this.#child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    createInterface({ input: this.#child.stderr }).on('line', (line) => {
      if (/error/i.test(line) || (line.trim() && !/error/i.test(this.#complaint))) this.#complaint = line.trim();
    });
    // The process may be gone before it has read all; its exit tells more.
    this.#child.stdin.on('error', () => {});
    this.#exit = new Promise((resolve) => {
      this.#child.on('error', ({ message }) => resolve(message));
      this.#child.on('close', (code, signal) => resolve(this.#complaint || `it ended with ${signal ?? code}`));
    });
  }

  /** The answer, `{ unable, late }` with the reason if there is none: the process died, or was too late and ended. */
  async ask(question, limitMs) {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#child.kill('SIGKILL');
    }, limitMs);
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await this.#answers.next();
    clearTimeout(timer);
    if (!done) return JSON.parse(value);
    return late ? { unable: `no answer within ${Math.round(limitMs / 1000)} s`, late } : { unable: await this.#exit };
  }

  /** Ends the process; resolves when it is gone and its memory with it. */
  async end() {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }
}
