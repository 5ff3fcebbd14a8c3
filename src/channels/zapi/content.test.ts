import { describe, it } from 'node:test'
import { assertHas } from '../../../test/providers/has.ts'
import { GROUP, HEAD, LID, one, PERSON, TEXT } from '../../../test/providers/samples/zapi.ts'

describe('a message of Z-API', () => {
  const contents: Record<string, [object, object]> = {
    'an image with a caption': [
      {
        image: {
          mimeType: 'image/jpeg',
          imageUrl: 'https://f/i.jpg',
          thumbnailUrl: 'https://f/t.jpg',
          caption: 'olha',
        },
      },
      { type: 'image', text: 'olha', media: { url: 'https://f/i.jpg', mimeType: 'image/jpeg' } },
    ],
    'a video without a caption': [
      { video: { videoUrl: 'https://f/v.mp4', caption: '', mimeType: 'video/mp4' } },
      { type: 'video', text: '', media: { url: 'https://f/v.mp4', mimeType: 'video/mp4' } },
    ],
    'a voice message': [
      { audio: { ptt: true, audioUrl: 'https://f/a.ogg', mimeType: 'audio/ogg; codecs=opus' } },
      { type: 'voice', media: { url: 'https://f/a.ogg', mimeType: 'audio/ogg; codecs=opus' } },
    ],
    'a voice message by its codec': [
      { audio: { mimeType: 'audio/ogg; codecs=opus' } },
      { type: 'voice' },
    ],
    'a song': [{ audio: { ptt: false, mimeType: 'audio/ogg; codecs=opus' } }, { type: 'audio' }],
    'a document': [
      {
        document: {
          documentUrl: 'https://f/d',
          mimeType: 'application/pdf',
          title: 'x',
          fileName: 'x.pdf',
          caption: 'eis',
        },
      },
      {
        type: 'document',
        text: 'eis',
        media: { url: 'https://f/d', mimeType: 'application/pdf', fileName: 'x.pdf' },
      },
    ],
    'a sticker': [
      { sticker: { stickerUrl: 'https://f/s', mimeType: 'image/webp' } },
      { type: 'sticker' },
    ],
    'a place': [
      {
        location: { longitude: -46.6, latitude: '-23.5', address: 'Rua 1', name: 'Loja', url: '' },
      },
      {
        type: 'location',
        text: '',
        location: { latitude: -23.5, longitude: -46.6, name: 'Loja', address: 'Rua 1' },
      },
    ],
    'a place that is nowhere': [{ location: { latitude: 'NaN' } }, { type: 'unsupported' }],
    'a card': [
      {
        contact: {
          displayName: 'Cesar',
          vCard: 'FN:nome\nTEL;waid=5544999999999:+55',
          phones: ['5544999999999'],
        },
      },
      { type: 'contact', text: '', contacts: [{ name: 'Cesar', phone: '5544999999999' }] },
    ],
    'a card by its text alone': [
      { contact: { vCard: 'FN:nome\nTEL;waid=5544999999999:+55' } },
      { contacts: [{ name: 'nome', phone: '5544999999999' }] },
    ],
    'several cards': [
      { contacts: [{ displayName: 'A' }, { displayName: 'B', phones: ['55 1'] }] },
      { contacts: [{ name: 'A' }, { name: 'B', phone: '551' }] },
    ],
    'a button': [
      { buttonsResponseMessage: { buttonId: '1', message: 'Ótimo' }, referenceMessageId: 'B1' },
      { type: 'button', text: 'Ótimo', payload: '1', quoted: { id: 'B1' } },
    ],
    'a list entry': [
      { listResponseMessage: { message: 'Asas', title: 'Z-API', selectedRowId: '1' } },
      { type: 'list', text: 'Z-API', payload: '1' },
    ],
    'a list entry without an id': [
      { listResponseMessage: { message: 'Asas' } },
      { type: 'list', text: 'Asas', payload: undefined },
    ],
    'an order': [
      { order: { message: 'por favor', products: [{ quantity: 2, name: 'shampoo' }, {}] } },
      { type: 'order', text: 'por favor\n2 × shampoo, 1 × ?' },
    ],
    'what nobody knows': [{ poll: { question: 'Qual?' } }, { type: 'unsupported', text: '' }],
    'an answer to another message': [
      { ...TEXT, referenceMessageId: 'B1' },
      { quoted: { id: 'B1' } },
    ],
    'an answer to a story of ours': [{ ...TEXT, isStatusReply: true }, { text: 'Boa tarde!' }],
    'somebody who came by an advertisement': [
      { ...TEXT, externalAdReply: { title: 'Promo', sourceId: '23', sourceUrl: 'https://fb/x' } },
      {
        text: 'Boa tarde!',
        referral: { sourceId: '23', sourceUrl: 'https://fb/x', headline: 'Promo' },
      },
    ],
    'a person with a hidden phone': [
      { ...TEXT, phone: LID },
      { peer: LID, address: LID, aliases: undefined },
    ],
    'a person of whom one address is known': [{ ...TEXT, senderLid: null }, { aliases: undefined }],
    'a message to a group': [
      { ...TEXT, phone: GROUP, isGroup: true, participantPhone: PERSON, participantLid: LID },
      { peer: GROUP, address: GROUP, author: PERSON, mentioned: false, aliases: undefined },
    ],
    'a message to a group of old': [
      { ...TEXT, phone: '5544999999999-1623281429', isGroup: true, participantLid: LID },
      { peer: '5544999999999-1623281429', author: LID },
    ],
    'a message to us in a group': [
      {
        phone: GROUP,
        isGroup: true,
        participantPhone: PERSON,
        text: { message: '@74950000001 oi' },
      },
      { author: PERSON, mentioned: true },
    ],
  }
  for (const [name, [body, expected]] of Object.entries(contents)) {
    it(`is ${name}`, () => assertHas(one({ ...HEAD, ...body }), { kind: 'message', ...expected }))
  }
})
