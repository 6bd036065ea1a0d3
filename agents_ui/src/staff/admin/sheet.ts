/** Sending a sheet: the file itself is the body of the request. */
import { api, reply } from '@/api/client'
import type { ImportReport } from './shapes'

export type Importable = 'users' | 'units' | 'crews' | 'places'

export async function sendSheet(what: Importable, bytes: ArrayBuffer, isDryRun: boolean): Promise<ImportReport> {
  return await reply(
    api.POST(`/api/admin/import/${what}`, {
      params: { query: { dry_run: isDryRun } },
      body: bytes as unknown as string,
      bodySerializer: () => bytes,
      headers: { 'Content-Type': 'text/csv' },
    }),
  )
}

export function templatePath(what: Importable): string {
  return `/api/admin/import/${what}/template`
}
