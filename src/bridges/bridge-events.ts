/**
 * What a bridge says of itself: faults when they begin and when they end, and little else. No event
 * carries what people wrote, nor who they are.
 */
export type BridgeEvent =
  | {
      readonly name: 'started'
      readonly library: string
      readonly session: string
      readonly url: string
      readonly waiting: number
      readonly refused: number
    }
  | { readonly name: 'library.connected'; readonly detail: string }
  | { readonly name: 'library.away'; readonly detail: string }
  | { readonly name: 'library.code'; readonly code: string; readonly drawn: string | null }
  | { readonly name: 'library.trouble'; readonly sentence: string }
  | { readonly name: 'gateway.away'; readonly error: string; readonly waiting: number }
  | { readonly name: 'gateway.back'; readonly forMs: number; readonly waiting: number }
  | {
      readonly name: 'event.refused'
      /** The event's own name. */
      readonly what: string
      readonly status: number
      readonly code: string
    }
  | { readonly name: 'queue.broken'; readonly asideAs: string }
  | { readonly name: 'queue.stuck'; readonly error: string }
  | { readonly name: 'queue.unstuck'; readonly forMs: number; readonly events: number }
  | {
      readonly name: 'part.failed'
      readonly code: string
      readonly status: number
      readonly error: string
    }
  | { readonly name: 'posts.unsigned'; readonly setting: string }
  | { readonly name: 'stopping'; readonly waiting: number }
  | { readonly name: 'stopped'; readonly tookMs: number }

export type Tell = (event: BridgeEvent) => void
