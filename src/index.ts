/** The package's public face. */

export type { Channel, OutgoingPart } from './channels/channel.ts'
export { loadSettings } from './config/load.ts'
export type { Settings, TenantSettings } from './config/settings.ts'
export { type ErrorCode, RapidFireError } from './errors.ts'
export { type Gateway, type GatewayOptions, type Role, startGateway } from './gateway.ts'
export type {
  BatchId,
  Conversation,
  ConversationKey,
  Message,
  MessageType,
  Part,
} from './message.ts'
export { type EventName, Events, type EventTable } from './observability/events/events.ts'
export type { ModuleResponder } from './responders/module/responding-module.ts'
export type { Answer, Responder, Said, TurnToAnswer } from './responders/responder.ts'
export { VERSION } from './version.ts'
