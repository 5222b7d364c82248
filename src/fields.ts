/** What the fields of plain data must be, and the sentences for those that are not. */
import { ValueError } from './errors.js';

export interface Requirement {
  readonly holds: (x: unknown) => boolean;
  readonly text: string;
  /** What to do instead of giving certain words. */
  readonly instead?: Readonly<Record<string, string>>;
}

export type Fields = Readonly<Record<string, Requirement>>;

/** The same for fields whose names a type gives. */
export type FieldsOf<Options> = Readonly<Record<keyof Options, Requirement>>;

const isFinite32 = (x: unknown): x is number => typeof x === 'number' && Number.isFinite(Math.fround(x));

export const flag: Requirement = { holds: (x) => typeof x === 'boolean', text: 'true or false' };
export const finite: Requirement = { holds: isFinite32, text: 'a number that is finite in f32' };
export const atLeastZero: Requirement = {
  holds: (x) => isFinite32(x) && x >= 0,
  text: 'a number of at least 0, finite in f32',
};
export const positive: Requirement = {
  holds: (x) => isFinite32(x) && Math.fround(x) > 0,
  text: 'a positive number, finite in f32',
};
/** At least 0 and less than 1. */
export const fraction: Requirement = {
  holds: (x) => Number.isFinite(x) && (x as number) >= 0 && (x as number) < 1,
  text: 'a number in [0, 1)',
};
export const integer: Requirement = { holds: Number.isInteger, text: 'an integer' };
export const notNegative: Requirement = {
  holds: (x) => Number.isInteger(x) && (x as number) >= 0,
  text: 'an integer of at least 0',
};
export const positiveInteger: Requirement = {
  holds: (x) => Number.isInteger(x) && (x as number) > 0,
  text: 'a positive integer',
};

/** What is checked where it is used. */
export const anything: Requirement = { holds: () => true, text: 'anything' };

export const oneOf = (names: readonly string[]): Requirement => ({
  holds: (x) => names.includes(x as string),
  text: `one of ${names.join(', ')}`,
});

export const listOf = ({ holds }: Requirement, text: string): Requirement => ({
  holds: (x) => Array.isArray(x) && x.every(holds),
  text,
});

/** A type whose fields may be left out. */
export type Optional<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

/** What may be left out, which undefined says too. */
export const optional = (requirement: Requirement): Requirement => ({
  ...requirement,
  holds: (x) => x === undefined || requirement.holds(x),
});

/** The most characters and elements of a value in an error: enough to tell which one it is. */
const SHOWN = 60;
const ELEMENTS = 8;

const cut = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);

/** A value as an error shows it: in one short line, whatever it is. */
export function show(x: unknown, depth = 0): string {
  if (typeof x === 'string') return JSON.stringify(cut(x));
  if (typeof x === 'bigint') return `${cut(String(x))}n`;
  try {
    if (typeof x === 'function') return x.name ? `the function ${cut(x.name)}` : 'a function';
    return typeof x === 'object' ? showObject(x, depth) : cut(String(x));
  } catch {
    // A proxy or a getter that throws.
    return `something of type ${typeof x}`;
  }
}

function showObject(x: object | null, depth: number): string {
  if (x === null) return 'null';
  if (Array.isArray(x)) {
    const whole =
      depth < 2 && x.length <= ELEMENTS && `[${Array.from(x, (inner) => show(inner, depth + 1)).join(', ')}]`;
    return whole && whole.length <= SHOWN ? whole : `an array of ${x.length}`;
  }
  const tag = Object.prototype.toString.call(x).slice('[object '.length, -1);
  const kind = cut(`${/^[AEIO]/.test(tag) ? 'an' : 'a'} ${tag}`);
  if (ArrayBuffer.isView(x)) return `${kind} of ${'length' in x ? x.length : `${x.byteLength} bytes`}`;
  if (tag !== 'Object') return kind;
  // A node of a graph leads to all others.
  const { operation, attributes, name } = x as Partial<Record<string, Record<string, unknown>>>;
  if (operation?.name) return `the node ${cut(name ? `'${name}'` : `${attributes?.kind ?? operation.name}`)}`;
  const entries = Object.entries(x);
  if (entries.length === 0) return '{}';
  const flat = entries.length <= ELEMENTS && entries.every(([, inner]) => typeof inner !== 'object' || inner === null);
  const whole = flat && `{ ${entries.map(([key, inner]) => `${key}: ${show(inner)}`).join(', ')} }`;
  if (whole && whole.length <= SHOWN) return whole;
  const keys = entries.slice(0, ELEMENTS).map(([key]) => key);
  return `an object of ${cut(keys.join(', '))}${entries.length > ELEMENTS ? ', …' : ''}`;
}

/** Throws `ValueError` for what is not as it must be. */
export function check(where: string, name: string, given: unknown, { holds, text, instead }: Requirement): void {
  if (!holds(given))
    throw new ValueError(`${where}: expected ${name} to be ${text}, got ${show(given)}${hint(instead, given)}`);
}

const hint = (instead: Requirement['instead'] = {}, given: unknown): string =>
  typeof given === 'string' && Object.hasOwn(instead, given) ? `: ${instead[given]}` : '';

/**
 * What is given by name. Throws `ValueError` for anything but a plain object: any other value, spread over
 * defaults, would change none of them, and nobody would know.
 */
export function byName<T>(where: string, value: T, expected = 'options by name'): T & object {
  if (typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === '[object Object]')
    return value;
  throw new ValueError(`${where}: expected ${expected}, got ${show(value)}`);
}

/**
 * Throws `ValueError` for anything but an object, for an unknown field, or for one that does not meet its requirement.
 * `instead` says what to use in place of fields that other libraries have.
 */
export function checkFields(
  where: string,
  value: unknown,
  fields: Fields,
  instead: Requirement['instead'] = {},
): asserts value is object {
  const given = byName(where, value, `an object of ${Object.keys(fields).join(', ')}`);
  for (const name in given)
    if (!Object.hasOwn(fields, name))
      throw new ValueError(
        `${where}: expected the fields ${Object.keys(fields).join(', ')}, got '${name}'${hint(instead, name)}`,
      );
  for (const [name, requirement] of Object.entries(fields))
    check(where, name, (given as Readonly<Record<string, unknown>>)[name], requirement);
}

/** Those of the fields that a value has. */
export function pick<T extends object, Name extends string>(
  value: T,
  fields: Readonly<Record<Name, Requirement>>,
): Pick<T, Name & keyof T> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => Object.hasOwn(fields, name))) as Pick<
    T,
    Name & keyof T
  >;
}
