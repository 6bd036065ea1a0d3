// @vitest-environment node
import { build, type Plugin } from 'vite'
import { describe, expect, it } from 'vitest'
import { plainEntry } from './plainEntry.ts'

function virtual(modules: Record<string, string>): Plugin {
  return {
    name: 'virtual',
    enforce: 'pre',
    resolveId: (id) => (id in modules ? id : null),
    load: (id) => modules[id] ?? null,
  }
}

async function buildCitizen(modules: Record<string, string>): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [virtual(modules), plainEntry('citizen', ['element-plus'])],
    build: { write: false, rolldownOptions: { input: { citizen: '/citizen.ts' } } },
  })
}

const kit = '/x/node_modules/element-plus/es/index.mjs'

describe('an entry that must stay plain', () => {
  it('builds when it keeps to itself', async () => {
    await expect(buildCitizen({ '/citizen.ts': 'console.log(1)' })).resolves.toBeUndefined()
  })

  it('fails when a module it imports pulls in the kit', async () => {
    const modules = {
      '/citizen.ts': 'import "/shared.ts"',
      '/shared.ts': `import { size } from "${kit}"; console.log(size)`,
      [kit]: 'export const size = document.title; document.title = "kit"',
    }
    await expect(buildCitizen(modules)).rejects.toThrow(/citizen must not load .*element-plus/)
  })

  it('fails when the kit would be loaded later', async () => {
    const modules = {
      '/citizen.ts': `import("${kit}").then((it) => console.log(it.size))`,
      [kit]: 'export const size = document.title; document.title = "kit"',
    }
    await expect(buildCitizen(modules)).rejects.toThrow(/citizen must not load .*element-plus/)
  })

  it('fails when the page it guards is not built at all', async () => {
    const options = {
      configFile: false as const,
      logLevel: 'silent' as const,
      plugins: [virtual({ '/staff.ts': 'console.log(1)' }), plainEntry('citizen', [])],
      build: { write: false, rolldownOptions: { input: { staff: '/staff.ts' } } },
    }
    await expect(build(options)).rejects.toThrow('no entry named citizen')
  })
})
