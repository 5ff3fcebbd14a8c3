/**
 * A page of venom-bot that breaks in a call, in a process of its own: an error that nobody takes
 * would fail any test around it. Prints the two answers and what was told.
 */
import { BridgeStage } from '../support/bridge-stage.ts'
import { realVenom } from '../support/venom-stage.ts'

await using stage = await BridgeStage.open()
const { library, page } = await realVenom(stage.folder.path)
await stage.play(library)
await stage.heard('library.connected')
page.answer = async () => {
  throw new Error('Protocol error (Runtime.callFunctionOn): Target closed.')
}
const part = { to: '79001234567', message: 'Да' }
const first = await stage.send('/send-message', part, 'k')
page.answer = async () => ({ erro: false })
const second = await stage.send('/send-message', part, 'k')
const told = stage.told.map(({ name }) => name)
process.stdout.write(`${JSON.stringify([first, second, told])}\n`)
