/**
 * Errors of a library that nobody took: they would end the process. A bridge lives on and tells them,
 * since what it holds is durable and what the library loses by them is the library's to mend.
 */

/** The answer ends the listening. */
export function hearOrphans(listener: (error: unknown) => void): () => void {
  process.on('unhandledRejection', listener)
  return () => process.off('unhandledRejection', listener)
}
