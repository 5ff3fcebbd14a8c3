/** The package's public face. */
export type { ConversationKey, BatchId, Conversation, Message, MessageType } from './message.ts'
export type { Channel, OutgoingPart } from './channels/channel.ts'
export type { Responder, TurnToAnswer } from './responders/responder.ts'
export { loadSettings } from './config/load.ts'
export type { Settings, TenantSettings } from './config/settings.ts'
export { RapidFireError, type ErrorCode } from './errors.ts'
export { type Gateway, type GatewayOptions, type Role, startGateway, VERSION } from './gateway.ts'
export { Events, type EventName, type EventTable } from './observability/events.ts'
