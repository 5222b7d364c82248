/**
 * Arrays whose memory is not shared, which go into a `Blob` or to another thread. TypeScript tells them apart since
 * 5.7, by a parameter that earlier ones refuse: so the type is that of what `of` returns.
 */
export type Own<Arrays extends { of(...numbers: number[]): unknown }> = ReturnType<Arrays['of']>;

export type Bytes = Own<Uint8ArrayConstructor>;
export type Floats = Own<Float32ArrayConstructor>;
