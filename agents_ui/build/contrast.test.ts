// @vitest-environment node
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync(new URL('../src/design/tokens.css', import.meta.url), 'utf8')
const colours = new Map([...css.matchAll(/--([\w-]+):\s*(#[0-9a-f]{3,6})/g)].map((m) => [m[1]!, m[2]!]))

const STATES = ['idle', 'ring', 'call', 'wrap', 'busy', 'over', 'lost'] as const

/** Relative luminance by WCAG 2. */
function luminance(hex: string): number {
  const full = hex.length === 4 ? [...hex.slice(1)].map((c) => c + c).join('') : hex.slice(1)
  const [r, g, b] = [0, 2, 4].map((i) => {
    const value = parseInt(full.slice(i, i + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}

function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(colours.get(one)!), luminance(colours.get(other)!)].sort((a, b) => b - a)
  return (light! + 0.05) / (dark! + 0.05)
}

describe('the colours', () => {
  it.each([
    ['n800', 'n0'],
    ['n600', 'n0'],
    ['n500', 'n0'],
    ['n500', 'n50'],
    ['n500', 'n100'],
    ['a600', 'n0'],
    ['n0', 'a600'],
    ['n0', 'a700'],
    ['haz-ink', 'haz'],
    ['ev', 'n0'],
    ['n0', 'over-s'],
    ['n0', 'h-crew'],
    ...STATES.map((state) => [state, `${state}-bg`] as const),
  ] as const)('%s can be read on %s', (text, ground) => {
    expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5)
  })

  it.each([
    ['a500', 'n0'],
    ['a500', 'n50'],
    ['n400', 'n0'],
  ])('%s can be seen as a line on %s', (line, ground) => {
    expect(contrast(line, ground)).toBeGreaterThanOrEqual(3)
  })
})
