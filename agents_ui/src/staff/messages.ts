import type { Catalogues } from '@/i18n/language'
import enAdmin from '@/i18n/en/admin.json'
import enCase from '@/i18n/en/case.json'
import enCommon from '@/i18n/en/common.json'
import enDesk from '@/i18n/en/desk.json'
import enKnowledge from '@/i18n/en/knowledge.json'
import enPhone from '@/i18n/en/phone.json'
import enReading from '@/i18n/en/reading.json'
import enStaff from '@/i18n/en/staff.json'
import enUnit from '@/i18n/en/unit.json'
import zhAdmin from '@/i18n/zh-CN/admin.json'
import zhCase from '@/i18n/zh-CN/case.json'
import zhCommon from '@/i18n/zh-CN/common.json'
import zhDesk from '@/i18n/zh-CN/desk.json'
import zhKnowledge from '@/i18n/zh-CN/knowledge.json'
import zhPhone from '@/i18n/zh-CN/phone.json'
import zhReading from '@/i18n/zh-CN/reading.json'
import zhStaff from '@/i18n/zh-CN/staff.json'
import zhUnit from '@/i18n/zh-CN/unit.json'

/** The catalogues of the staff pages: the first part of a key is the file's name. */
export const catalogues: Catalogues = {
  'zh-CN': {
    ...{ common: zhCommon, staff: zhStaff, desk: zhDesk, case: zhCase, unit: zhUnit, admin: zhAdmin },
    ...{ knowledge: zhKnowledge, phone: zhPhone, reading: zhReading },
  },
  en: {
    ...{ common: enCommon, staff: enStaff, desk: enDesk, case: enCase, unit: enUnit, admin: enAdmin },
    ...{ knowledge: enKnowledge, phone: enPhone, reading: enReading },
  },
}
