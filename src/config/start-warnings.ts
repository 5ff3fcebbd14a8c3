/** What is allowed and surely not meant so: a sentence each, said once at start. */
import type { Settings } from './settings.ts'

/** @param separate whether the roles run in processes of their own */
export function startWarnings(settings: Settings, separate: boolean): string[] {
  const { responder, venomServerUrl, takeover, publicUrl, host } = settings
  const lines: string[] = []
  if (responder === 'echo' && venomServerUrl !== null) {
    lines.push(
      'RESPONDER=echo: people get their own words back; set RESPONDER to what shall answer',
    )
  }
  if (responder === 'forward' && takeover === 'on') {
    lines.push(
      'RESPONDER=forward: when the bridge reports what your backend sends, it is taken for a human and the bot falls silent; set TAKEOVER=off',
    )
  }
  const collector = settings.otlpTracesUrl ?? settings.otlpUrl
  if (collector !== null && new URL(collector).port === '4317') {
    lines.push(
      'OTEL_EXPORTER_OTLP_ENDPOINT: 4317 is the port of gRPC, and traces go over HTTP; it is usually 4318 on the same host',
    )
  }
  if (responder !== 'http') return lines
  if (publicUrl === null && (host === '0.0.0.0' || host === '::')) {
    lines.push(
      'PUBLIC_URL is not set: a backend that answers later is told 127.0.0.1, which leads here from this machine only',
    )
  }
  const { responderSecret, secretKey, adminToken } = settings
  if (separate && !responderSecret && !secretKey && !adminToken) {
    lines.push(
      'RESPONDER_SECRET is not set: answers by callback are known only where the worker and the API share DATA_DIR',
    )
  }
  return lines
}
