/** A mutant: one mistake that a broker could have, made from outside, for as long as a test wants it. */
import type { WrapStore } from '../world/world.ts'

export interface Mutant {
  readonly name: string
  /** What the broker does wrong. */
  readonly mistake: string
  /** Faults under which it shows. */
  readonly faults: readonly string[]
  /** Broker settings under which it shows. */
  readonly properties?: Readonly<Record<string, string>>
  /** A mistake of the coordination store that the brokers rely on. */
  readonly wrapStore?: WrapStore
  /** Makes the mistake; the returned function mends it. */
  apply(): () => void
}

type Methods<Type> = {
  [Name in keyof Type]: Type[Name] extends (...args: never[]) => unknown ? Name : never
}[keyof Type]

/** Replaces a method of a class; `make` gets the original. */
export function replaceMethod<Type extends object, Name extends Methods<Type> & string>(
  prototype: Type,
  name: Name,
  make: (original: Type[Name]) => Type[Name],
): () => void {
  const original = prototype[name]
  prototype[name] = make(original)
  return () => {
    prototype[name] = original
  }
}

/** Replaces a getter of a class. */
export function replaceGetter<Type extends object, Name extends keyof Type & string>(
  prototype: Type,
  name: Name,
  make: (original: (this: Type) => Type[Name]) => (this: Type) => Type[Name],
): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name)
  const original = descriptor?.get
  if (descriptor === undefined || original === undefined) throw new Error(`${name} is no getter`)
  Object.defineProperty(prototype, name, { ...descriptor, get: make(original) })
  return () => Object.defineProperty(prototype, name, descriptor)
}
