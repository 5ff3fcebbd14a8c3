/**
 * A model whose warnings are told once each. The SDK writes them to the process's stderr at every
 * call, past the log, unless the model itself has none.
 */
import type { LanguageModel } from 'ai'

export async function quietModel(
  model: Exclude<LanguageModel, string>,
  warn: (sentence: string) => void,
): Promise<LanguageModel> {
  const { wrapLanguageModel } = await import('ai')
  const told = new Set<string>()
  return wrapLanguageModel({
    model,
    middleware: {
      specificationVersion: 'v4',
      async wrapGenerate({ doGenerate }) {
        const { warnings, ...result } = await doGenerate()
        for (const warning of warnings) {
          const sentence = sentenceOf(warning)
          if (!told.has(sentence)) warn(sentence)
          told.add(sentence)
        }
        return { ...result, warnings: [] }
      },
    },
  })
}

const MAX_SENTENCE = 300

type Warning = Readonly<Record<'type', string>> &
  Readonly<Partial<Record<'feature' | 'setting' | 'details' | 'message', string>>>

function sentenceOf({ type, feature, setting, details, message }: Warning): string {
  const what = [feature ?? setting, details ?? message].filter((part) => part !== undefined)
  return `the provider warns (${type}): ${what.join(', ')}`.slice(0, MAX_SENTENCE)
}
