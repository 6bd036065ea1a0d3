import { describe, expect, it, vi } from 'vitest'
import { chosenShortcut, type KeyPress, type Shortcut } from './shortcuts'

const shortcuts: Shortcut[] = [
  { keys: 'F2', run: vi.fn(), whileTyping: true },
  { keys: 'Ctrl+Enter', run: vi.fn(), whileTyping: true, notIn: '[data-chat]' },
  { keys: '?', run: vi.fn(), whileTyping: false },
  { keys: 'Ctrl+K', run: vi.fn(), whileTyping: true },
  { keys: ' ', run: vi.fn(), whileTyping: false, when: ({ target }) => target === document.body },
]

function press(changes: Partial<KeyPress>): KeyPress {
  return {
    key: '',
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    isComposing: false,
    keyCode: 0,
    repeat: false,
    target: document.body,
    ...changes,
  }
}
const chosen = (changes: Partial<KeyPress>): string | undefined => chosenShortcut(press(changes), shortcuts)?.keys

describe('a shortcut', () => {
  it('is called by its keys', () => {
    expect(chosen({ key: 'F2' })).toBe('F2')
    expect(chosen({ key: 'Enter', ctrlKey: true })).toBe('Ctrl+Enter')
    expect(chosen({ key: 'Enter', metaKey: true })).toBe('Ctrl+Enter')
    expect(chosen({ key: 'Enter' })).toBeUndefined()
  })

  it('is not called while an input method is composing', () => {
    expect(chosen({ key: 'Enter', ctrlKey: true, isComposing: true })).toBeUndefined()
    expect(chosen({ key: 'F2', keyCode: 229 })).toBeUndefined()
  })

  it('that writes something is not called while typing', () => {
    const target = document.createElement('textarea')
    expect(chosen({ key: '?', target })).toBeUndefined()
    expect(chosen({ key: 'F2', target })).toBe('F2')
    expect(chosen({ key: '?', target: document.createElement('button') })).toBe('?')
  })

  it('is not called where the keys mean something else', () => {
    const chat = document.createElement('div')
    chat.setAttribute('data-chat', '')
    const target = chat.appendChild(document.createElement('textarea'))
    expect(chosen({ key: 'Enter', ctrlKey: true, target })).toBeUndefined()
  })

  it('with a letter is the same under Caps Lock', () => {
    expect([chosen({ key: 'k', ctrlKey: true }), chosen({ key: 'K', ctrlKey: true })]).toEqual(['Ctrl+K', 'Ctrl+K'])
    expect(chosen({ key: 'k' })).toBeUndefined()
  })

  it('may have a say of its own', () => {
    expect(chosen({ key: ' ' })).toBe(' ')
    expect(chosen({ key: ' ', target: document.createElement('button') })).toBeUndefined()
  })

  it('is called once, however long the key is held', () => {
    expect(chosen({ key: 'F2', repeat: true })).toBeUndefined()
  })
})
