/** What a file is by its first bytes; what its sender calls it is a claim. */
const SIGNATURES: readonly (readonly [
  type: string,
  ...parts: readonly [at: number, is: string][],
])[] = [
  ['image/png', [0, '\x89PNG\r\n\x1a\n']],
  ['image/jpeg', [0, '\xff\xd8\xff']],
  ['image/gif', [0, 'GIF8']],
  ['image/webp', [0, 'RIFF'], [8, 'WEBP']],
  ['application/pdf', [0, '%PDF-']],
]

/** Null for a type that is none of ours. */
export function fileTypeOf(bytes: Uint8Array): string | null {
  const head = Buffer.from(bytes.subarray(0, 16)).toString('latin1')
  const found = SIGNATURES.find(([, ...parts]) =>
    parts.every(([at, is]) => head.startsWith(is, at)),
  )
  return found?.[0] ?? null
}
