/** The health check of the image: 0 when the process answers on METRICS_PORT, as every role does. */
const url = `http://127.0.0.1:${process.env.METRICS_PORT ?? 9464}/metrics`
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(4000) })
  process.exitCode = response.ok ? 0 : 1
} catch (error) {
  console.error(`${url}: ${error.cause?.message ?? error.message}`)
  process.exitCode = 1
}
