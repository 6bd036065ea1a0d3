import type { Plugin, Rolldown } from 'vite'

/**
 * Fails the build when an entry page, or anything it loads now or later, contains a module of the
 * given packages: the citizen page must stay small on an old phone.
 */
export function plainEntry(entry: string, forbidden: readonly string[]): Plugin {
  return {
    name: `plain-entry-${entry}`,
    generateBundle(_options, bundle) {
      const chunks = new Map<string, Rolldown.OutputChunk>()
      for (const output of Object.values(bundle)) {
        if (output.type === 'chunk') chunks.set(output.fileName, output)
      }
      const first = [...chunks.values()].find((chunk) => chunk.isEntry && chunk.name === entry)
      if (!first) this.error(`no entry named ${entry}`)
      for (const chunk of reachable(first, chunks)) {
        const intruder = chunk.moduleIds.find((id) => forbidden.some((name) => isFrom(id, name)))
        if (intruder) this.error(`${entry} must not load ${intruder} (by way of ${chunk.fileName})`)
      }
    },
  }
}

function isFrom(moduleId: string, packageName: string): boolean {
  return moduleId.replaceAll('\\', '/').includes(`/node_modules/${packageName}/`)
}

function reachable(
  first: Rolldown.OutputChunk,
  chunks: ReadonlyMap<string, Rolldown.OutputChunk>,
): Set<Rolldown.OutputChunk> {
  const seen = new Set([first])
  for (const chunk of seen) {
    for (const name of [...chunk.imports, ...chunk.dynamicImports]) {
      const next = chunks.get(name)
      if (next) seen.add(next)
    }
  }
  return seen
}
