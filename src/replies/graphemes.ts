/**
 * Where text may be cut so that no emoji, flag or letter with its marks falls apart. One that is
 * longer than a whole bubble has to: between code points, as nothing else is left.
 *
 * Only the neighbourhood of a cut is looked at: to walk through 2 MB takes a tenth of a second.
 */

const SEGMENTER = new Intl.Segmenter('und', { granularity: 'grapheme' })

interface Cluster {
  readonly start: number
  readonly end: number
}

export class Places {
  readonly #text: string
  readonly #maxLength: number
  /** Those that have to be cut; what is left of one must not be taken for a whole. */
  readonly #tooLong: Cluster[] = []

  /** @param text well-formed */
  constructor(text: string, maxLength: number) {
    this.#text = text
    this.#maxLength = maxLength
  }

  /** The last place that is no further than `maxLength` behind `start`, itself one. */
  lastFrom(start: number): number {
    const limit = start + this.#maxLength
    if (limit >= this.#text.length) return this.#text.length
    const cluster = this.#clusterAt(limit, start)
    if (this.#fits(cluster)) return cluster.start
    return this.#splitsPair(limit) ? limit - 1 : limit
  }

  /**
   * The first place that is no further than `maxLength` before `end`.
   *
   * @param known some places, ascending; the nearest one spares looking further back
   */
  firstTo(end: number, known: readonly number[]): number {
    const limit = end - this.#maxLength
    if (limit <= 0) return 0
    const cluster = this.#clusterAt(limit, known.findLast((place) => place <= limit) ?? 0)
    if (this.#fits(cluster)) return cluster.start === limit ? limit : cluster.end
    return this.#splitsPair(limit) ? limit + 1 : limit
  }

  #fits({ start, end }: Cluster): boolean {
    return end - start <= this.#maxLength
  }

  #clusterAt(at: number, place: number): Cluster {
    const cut = this.#tooLong.findLast(({ start }) => start <= at)
    if (cut !== undefined && at < cut.end) return cut
    const known = Math.max(place, cut?.end ?? 0)
    const near = this.#text.slice(known, at + this.#maxLength + 2)
    const found = clusterIn(near, at - known)
    const cluster = { start: known + found.start, end: known + found.end }
    if (this.#fits(cluster)) return cluster
    const { start } = cluster
    const whole = { start, end: start + clusterIn(this.#text.slice(start), 0).end }
    this.#tooLong.push(whole)
    this.#tooLong.sort((a, b) => a.start - b.start)
    return whole
  }

  #splitsPair(at: number): boolean {
    const unit = this.#text.charCodeAt(at)
    return unit >= 0xdc00 && unit <= 0xdfff
  }
}

function clusterIn(text: string, at: number): Cluster {
  const { index = at, segment = '' } = SEGMENTER.segment(text).containing(at) ?? {}
  return { start: index, end: index + segment.length }
}
