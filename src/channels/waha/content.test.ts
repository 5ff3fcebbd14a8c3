import { describe, it } from 'node:test'
import { assertHas } from '../../../test/providers/has.ts'
import { FILE, GROUP, LID, media, one, PERSON, US } from '../../../test/providers/samples/waha.ts'

describe('a message of WAHA', () => {
  const contents: Record<string, [object, object]> = {
    'an image with a caption': [
      { ...media('image/jpeg'), body: 'вот фото' },
      { type: 'image', text: 'вот фото', media: { url: `${FILE}.x`, mimeType: 'image/jpeg' } },
    ],
    'an image without one': [
      { ...media('image/jpeg'), body: null },
      { type: 'image', text: '' },
    ],
    'a voice message': [media('audio/ogg; codecs=opus'), { type: 'voice' }],
    'a voice message whose codec is not named': [
      { ...media('audio/ogg'), _data: { type: 'ptt' } },
      { type: 'voice' },
    ],
    'a song': [media('audio/mpeg'), { type: 'audio' }],
    'a video': [media('video/mp4'), { type: 'video' }],
    'a sticker': [media('image/webp'), { type: 'sticker' }],
    'a document': [
      media('application/pdf', 'смета.pdf'),
      {
        type: 'document',
        media: { url: `${FILE}.x`, mimeType: 'application/pdf', fileName: 'смета.pdf' },
      },
    ],
    'a file that was not fetched': [
      { hasMedia: true, media: { url: null, mimetype: 'image/png', filename: null, error: 'x' } },
      { type: 'image', media: { mimeType: 'image/png' } },
    ],
    'a file of which the engine alone tells': [
      { hasMedia: true, media: null, _data: { type: 'ptt' } },
      { type: 'voice', media: {} },
    ],
    'a file of which nothing is told': [{ hasMedia: true, media: null }, { type: 'document' }],
    'a place, with a picture for a body': [
      {
        body: '/9j/4AAQSkZJRg',
        location: { latitude: '55.75', longitude: 37.6, description: 'ГУМ\nКрасная площадь, 3' },
      },
      {
        type: 'location',
        text: '',
        location: { latitude: 55.75, longitude: 37.6, name: 'ГУМ', address: 'Красная площадь, 3' },
      },
    ],
    'a place that is nowhere': [
      { body: null, location: { latitude: 'NaN', longitude: 37 } },
      { type: 'unsupported', text: '', location: undefined },
    ],
    'two cards': [
      {
        body: 'BEGIN:VCARD',
        vCards: ['BEGIN:VCARD\nFN:Иван\nTEL;waid=79007654321:+7\nEND:VCARD', 'FN:Пётр'],
      },
      {
        type: 'contact',
        text: '',
        contacts: [{ name: 'Иван', phone: '79007654321' }, { name: 'Пётр' }],
      },
    ],
    'an answer to another message': [
      { replyTo: { id: '3EB09', participant: US, body: 'На 14:00?' } },
      { quoted: { id: '3EB09', text: 'На 14:00?' } },
    ],
    'an answer to nobody knows what': [
      { replyTo: { body: 'На 14:00?' } },
      { quoted: { text: 'На 14:00?' } },
    ],
    'an answer to a file': [{ replyTo: { id: '3EB09', body: null } }, { quoted: { id: '3EB09' } }],
    'what nobody knows': [{ body: null }, { type: 'unsupported', text: '' }],
    'a time with a fraction': [{ timestamp: 1768467600.853 }, { time: 1768467600.853 }],
    'a person with a hidden phone': [
      {
        id: `false_${LID}_3A08`,
        from: LID,
        _data: { Info: { SenderAlt: '79001234567@s.whatsapp.net' } },
      },
      { peer: LID, address: LID, aliases: undefined },
    ],
    'a person with both addresses': [
      { from: LID, participant: PERSON },
      { peer: '79001234567', address: LID, aliases: [LID] },
    ],
    'a person in whose chat we are named as well': [
      { from: LID, participant: US },
      { peer: LID, aliases: undefined },
    ],
    'a name that the engine tells': [{ _data: { notifyName: 'Анна' } }, { name: 'Анна' }],
    'a message to a group': [
      { id: `false_${GROUP}_3A07_${PERSON}`, from: GROUP, participant: PERSON, body: 'привет' },
      { peer: GROUP, address: GROUP, author: '79001234567', mentioned: false, aliases: undefined },
    ],
    'a message to us in a group': [
      { from: GROUP, participant: LID, body: '@74950000001 когда?' },
      { peer: GROUP, author: LID, mentioned: true },
    ],
    'a message to us by a list': [
      { from: GROUP, participant: LID, mentionedIds: [US] },
      { mentioned: true },
    ],
    'a message to a group whose writer stands in its id': [
      { id: `false_${GROUP}_3A07_${PERSON}`, from: GROUP },
      { author: '79001234567' },
    ],
  }
  for (const [name, [payload, expected]] of Object.entries(contents)) {
    it(`is ${name}`, () => assertHas(one(payload), { kind: 'message', ...expected }))
  }
})
