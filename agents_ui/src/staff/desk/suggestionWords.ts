import { useI18n } from 'vue-i18n'
import { useCatalogue } from '../catalogue/catalogue'
import type { Suggested } from './reading'

/** What a suggestion is called and where it comes from, in words of the current language. */
export function useSuggestionWords(): { value: (one: Suggested) => string; reason: (one: Suggested) => string } {
  const { t } = useI18n()
  const catalogue = useCatalogue()

  function value({ field, value: raw, label }: Suggested): string {
    if (field === 'request_type') return t(`common.requestType.${raw}`)
    if (field === 'urgency') return t(`common.urgency.${raw}`)
    return label.length > 0 ? label.join(' / ') : raw
  }

  /** A category, or the first part of its code, by its name. */
  function category(code: string | null): string {
    if (!code) return ''
    const leaf = catalogue.category(code)
    if (leaf) return leaf.leaf.name
    const sector = catalogue.taxonomy?.groups.find((one) => one.code === code)
    const group = catalogue.taxonomy?.groups.flatMap((one) => one.children).find((one) => one.code === code)
    return sector?.name ?? group?.name ?? code
  }

  function reason({ reason: why, confidence }: Suggested): string {
    switch (why.kind) {
      case 'emergency':
        return t('reading.reason.emergency', { rule: why.rule ?? '' })
      case 'address': {
        const known = t(confidence > 0.8 ? 'reading.reason.address' : 'reading.reason.said')
        if (why.sounds_like.length === 0) return known
        return `${known} · ${t('reading.reason.soundsLike', { names: why.sounds_like.join(t('desk.commit.and')) })}`
      }
      case 'category':
        if (why.route === 'rule') {
          const values = { category: category(why.route_category ?? why.category), area: why.route_area ?? '' }
          return t(why.route_area ? 'reading.reason.route.rule' : 'reading.reason.route.ruleBare', values)
        }
        if (why.route) return t('reading.reason.route.default', { category: category(why.category) })
        return t('reading.reason.category', { category: category(why.category) })
      case 'classifier':
        return t('reading.reason.classifier')
      default:
        return t('reading.reason.none')
    }
  }

  return { value, reason }
}
