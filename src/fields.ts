/** What the fields of plain data must be, and the sentences for those that are not. */
import { ValueError } from './errors.js';

export interface Requirement {
  readonly holds: (x: unknown) => boolean;
  readonly text: string;
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

/** What may be left out. */
export const optional = ({ holds, text }: Requirement): Requirement => ({
  holds: (x) => x === undefined || holds(x),
  text,
});

/** The most characters of a value in an error: enough to tell which one it is. */
const SHOWN = 120;

/** A value as an error shows it. */
export function show(x: unknown): string {
  if (typeof x === 'number') return String(x);
  const text = JSON.stringify(x, (_, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ?? String(x);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text;
}

/** Throws `ValueError` for what is not as it must be. */
export function check(where: string, name: string, given: unknown, { holds, text }: Requirement): void {
  if (!holds(given)) throw new ValueError(`${where}: expected ${name} to be ${text}, got ${show(given)}`);
}

/** Throws `ValueError` for what is no object, a field that there is not, or one that is not as it must be. */
export function checkFields(where: string, value: unknown, fields: Fields): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ValueError(`${where}: expected an object of ${Object.keys(fields).join(', ')}, got ${show(value)}`);
  for (const name in value)
    if (!Object.hasOwn(fields, name))
      throw new ValueError(`${where}: expected the fields ${Object.keys(fields).join(', ')}, got '${name}'`);
  for (const [name, requirement] of Object.entries(fields))
    check(where, name, (value as Readonly<Record<string, unknown>>)[name], requirement);
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
