/**
 * The schema language: Kafka messages as TypeScript values, from which the types and the codecs are made. It
 * says what Kafka's JSON schemas say: version ranges, nullability, defaults, tagged fields, flexible versions
 * (KIP-482).
 */

export type Kind =
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint16'
  | 'float64'
  | 'bool'
  | 'string'
  | 'bytes'
  | 'records'
  | 'uuid'
  | 'array'
  | 'struct'

export interface FieldOptions<Value = unknown> {
  /** First version that has the field. */
  readonly since?: number
  /** Last version that has the field. */
  readonly until?: number
  /** First version in which the field may be null. */
  readonly nullable?: number
  /** Value in versions without the field; Kafka's own zero values if not given. */
  readonly default?: Value | null
  /** Number of a tagged field: left out of the message while it holds its default. */
  readonly tag?: number
  /** A value that a version cannot carry is dropped silently; without this, encoding it is an error. */
  readonly ignorable?: true
}

/**
 * `Decoded` is what decoding gives, `Drafted` what encoding takes, `Optional` whether a draft may leave it
 * out.
 */
export interface Field<Decoded = unknown, Drafted = unknown, Optional extends boolean = boolean> {
  readonly kind: Kind
  readonly options: FieldOptions
  /** Of an array. */
  readonly item?: Field
  /** Of a struct. */
  readonly fields?: Fields
  /** Never set: carries the types. */
  readonly types?: { readonly decoded: Decoded; readonly drafted: Drafted; readonly optional: Optional }
}

export type Fields = Readonly<Record<string, Field>>

/** A big value may come in pieces: they go out one after the other without being copied together. */
export type RecordsValue = Buffer | readonly Buffer[] | null

type NoOptions = Readonly<Record<never, never>>
type Nullable<Value, Options> = Options extends { readonly nullable: number } ? Value | null : Value
type IsOptional<Options> = Options extends
  | { readonly since: number }
  | { readonly until: number }
  | { readonly default: unknown }
  | { readonly tag: number }
  ? true
  : false
type FieldOf<Decoded, Drafted, Options> = Field<
  Nullable<Decoded, Options>,
  Nullable<Drafted, Options>,
  IsOptional<Options>
>
type Flat<Type> = { [Key in keyof Type]: Type[Key] }
type DecodedOf<F> = F extends Field<infer Decoded> ? Decoded : F extends Fields ? InferFields<F> : never
type DraftedOf<F> =
  F extends Field<unknown, infer Drafted> ? Drafted : F extends Fields ? DraftFields<F> : never
type MayOmit<F> = F extends Field<unknown, unknown, infer Optional> ? Optional : never

export type InferFields<F extends Fields> = { -readonly [Name in keyof F]: DecodedOf<F[Name]> }
export type DraftFields<F extends Fields> = Flat<
  { readonly [Name in keyof F as MayOmit<F[Name]> extends true ? never : Name]: DraftedOf<F[Name]> } & {
    readonly [Name in keyof F as MayOmit<F[Name]> extends true ? Name : never]?:
      | DraftedOf<F[Name]>
      | undefined
  }
>

/** The type that decoding gives: every field is present, with its default where the version lacks it. */
export type Infer<Schema> = Schema extends Message<infer F> ? InferFields<F> : DecodedOf<Schema>
/** The type that encoding takes: fields that some version lacks, or that have a default, may be left out. */
export type Draft<Schema> = Schema extends Message<infer F> ? DraftFields<F> : DraftedOf<Schema>

export type VersionRange = readonly [min: number, max: number]

export interface Message<F extends Fields = Fields> {
  readonly name: string
  readonly versions: VersionRange
  /** First flexible version; Infinity if there is none. */
  readonly flexible: number
  readonly fields: F
  /** An answer tells an older client what its version has room for; a request that cannot say what it means is an error. */
  readonly isResponse: boolean
}

export interface Api<Request extends Fields = Fields, Response extends Fields = Fields> {
  readonly key: number
  readonly name: string
  /** Versions that are served. */
  readonly versions: VersionRange
  /** Versions that ApiVersions tells; differs from `versions` only where a client needs the lie. */
  readonly advertised: VersionRange
  readonly flexible: number
  readonly request: Message<Request>
  readonly response: Message<Response>
}

export const t = {
  int8: scalar<number>('int8'),
  int16: scalar<number>('int16'),
  int32: scalar<number>('int32'),
  int64: scalar<number>('int64'),
  uint16: scalar<number>('uint16'),
  float64: scalar<number>('float64'),
  bool: scalar<boolean>('bool'),
  string: scalar<string>('string'),
  bytes: scalar<Buffer>('bytes'),
  uuid: scalar<string>('uuid'),

  records<const O extends FieldOptions<Buffer> = NoOptions>(options?: O): FieldOf<Buffer, RecordsValue, O> {
    return { kind: 'records', options: options ?? {} }
  },

  struct<F extends Fields, const O extends FieldOptions = NoOptions>(
    fields: F,
    options?: O,
  ): FieldOf<InferFields<F>, DraftFields<F>, O> {
    return { kind: 'struct', options: options ?? {}, fields }
  },

  /** An array of one type, or of structs when given the fields of one. */
  array<I extends Field | Fields, const O extends FieldOptions<readonly never[]> = NoOptions>(
    item: I,
    options?: O,
  ): FieldOf<DecodedOf<I>[], readonly DraftedOf<I>[], O> {
    const itemField: Field = isField(item) ? item : { kind: 'struct', options: {}, fields: item }
    return { kind: 'array', options: options ?? {}, item: itemField }
  },
}

export function message<F extends Fields>(definition: {
  name?: string
  versions: VersionRange
  flexible?: number
  fields: F
  isResponse?: boolean
}): Message<F> {
  const { name = 'message', versions, flexible = Infinity, fields, isResponse = false } = definition
  return { name, versions, flexible, fields, isResponse }
}

export function defineApi<Request extends Fields, Response extends Fields>(definition: {
  key: number
  name: string
  versions: VersionRange
  advertised?: VersionRange
  flexible: number
  request: Request
  response: Response
}): Api<Request, Response> {
  const { key, name, versions, advertised = versions, flexible } = definition
  const request = message({ name: `${name}Request`, versions, flexible, fields: definition.request })
  const response = message({
    name: `${name}Response`,
    versions,
    flexible,
    fields: definition.response,
    isResponse: true,
  })
  return { key, name, versions, advertised, flexible, request, response }
}

function scalar<Value>(kind: Kind) {
  return <const O extends FieldOptions<Value> = NoOptions>(options?: O): FieldOf<Value, Value, O> => ({
    kind,
    options: options ?? {},
  })
}

/** The fields of a struct may include one that is called `kind`, but that is no string. */
function isField(item: Field | Fields): item is Field {
  return typeof item.kind === 'string'
}
