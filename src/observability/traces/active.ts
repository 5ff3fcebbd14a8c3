/** Where in a trace the code is that runs now, across all that it waits for. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { placeText } from './trace-context.ts'
import type { TurnSpan } from './turn-span.ts'

export interface Scope {
  context: Context
  /** The turn that is answered here. */
  readonly turn: TurnSpan | null
}

export class Active {
  readonly #scopes = new AsyncLocalStorage<Scope>()

  get scope(): Scope | null {
    return this.#scopes.getStore() ?? null
  }

  get context(): Context {
    return this.scope?.context ?? ROOT_CONTEXT
  }

  run<Outcome>(scope: Scope, work: () => Outcome): Outcome {
    return this.#scopes.run(scope, work)
  }

  /** Within the same turn. */
  at<Outcome>(context: Context, work: () => Outcome): Outcome {
    return this.run({ context, turn: this.scope?.turn ?? null }, work)
  }

  readonly headers = (): Readonly<Record<string, string>> => {
    const place = trace.getSpanContext(this.context)
    return place ? { traceparent: placeText(place) } : {}
  }
}
