/**
 * The far end of one provider, as the end-to-end tests play it: what it calls us with, and its send
 * API. Written from the provider's documentation, never from our own code.
 */
export interface StubRequest {
  readonly method: string
  /** Path with query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

export interface StubAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

export interface InboundText {
  readonly text: string
  /** Counts up; the stub makes the provider's id of it. */
  readonly n: number
  /** Ms since 1970. */
  readonly at: number
}

export interface ProviderStub {
  readonly id: string
  /** Settings of an account whose replies go to the stub, by the property names of the provider's table. */
  settings(stubUrl: string): Readonly<Record<string, string | number>>
  /** The call by which the provider tells of one text, signed as it signs. `publicUrl`: where we listen. */
  inbound(
    said: InboundText,
    publicUrl: string,
  ): {
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }
  /** The person as our conversation names them, and the address that answers have to go to. */
  readonly peer: string
  readonly address: string
  readonly maxTextLength: number
  /**
   * What one request to the send API says; null for a courtesy (typing, read). Throws where the
   * provider would refuse it: wrong path, missing key, wrong shape.
   */
  read(request: StubRequest): { readonly to: string; readonly text: string } | null
  /** Taken, with the provider's id of it. */
  taken(n: number): StubAnswer
  /** Too fast; comes with `Retry-After: 1` or the provider's own word for it. */
  tooFast(): StubAnswer
  broken(): StubAnswer
  /** Final: no such person, or the like; and what of it our error must repeat. */
  refused(): StubAnswer & { readonly said: RegExp }
}
