/** Facts of providers and models as a form asks for them, and back; what no form asks for stays as it is. */
import type { DiscoveredModel, ModelFacts, ProviderFacts, RegisteredModel, RegisteredProvider } from '@/contracts/rest'

const THOUSANDS = 1_000
/** Of a price per 1,000 tokens, in the contracts. */
const PRICE_PLACES = 12

/** Prices are read and written per million tokens, and kept per thousand: decimals as text, exactly. */
export function perThousand(price: string): string {
  const exact = (Number(price) / THOUSANDS).toFixed(PRICE_PLACES)
  return exact.replace(/\.?0+$/, '') || '0'
}

export function perMillion(price: string | number): string {
  return String(Number((Number(price) * THOUSANDS).toPrecision(PRICE_PLACES)))
}

/** All that is known of a provider, as a change of it has to say again. */
export function providerFacts(provider: RegisteredProvider): ProviderFacts {
  const { display_name, protocol, base_url, needs_key, reports_usage, tokenizer, grammar, cache, listing } = provider
  const output_limit = provider.output_limit === 'max_tokens' ? 'max_tokens' : 'max_completion_tokens'
  return { display_name, protocol, base_url, needs_key, output_limit, reports_usage, tokenizer, grammar, cache, listing }
}

export function modelFacts(model: RegisteredModel): ModelFacts {
  const { id: _id, source: _source, updated_at: _at, updated_by: _by, ...facts } = model
  return facts
}

/** What a form of a model says; its numbers are checked by the form and by the server. */
export function modelFactsOf(form: FormData): ModelFacts {
  const text = (name: string) => String(form.get(name) ?? '').trim()
  return {
    provider: text('provider'),
    display_name: text('display_name') || null,
    upstream: text('upstream') || null,
    description: text('description'),
    window: Number(text('window')),
    max_output: Number(text('max_output')),
    input_price: perThousand(text('input_price')),
    output_price: perThousand(text('output_price')),
  }
}

/** Capabilities that people tick; those that they do not are what they were. */
export const ABILITIES = ['tools', 'images', 'reasoning'] as const

/** What a form of a model begins with. */
export interface ModelDraft {
  readonly id: string
  readonly provider: string
  readonly upstream: string
  readonly display_name: string
  readonly description: string
  readonly window: string
  readonly max_output: string
  readonly input_price: string
  readonly output_price: string
}

export const NO_MODEL: ModelDraft = {
  id: '',
  provider: '',
  upstream: '',
  display_name: '',
  description: '',
  window: '',
  max_output: '',
  input_price: '',
  output_price: '',
}

export function draftOf(model: RegisteredModel): ModelDraft {
  return {
    id: model.id,
    provider: model.provider,
    upstream: model.upstream,
    display_name: model.display_name,
    description: model.description,
    window: String(model.window),
    max_output: String(model.max_output),
    input_price: perMillion(model.input_price),
    output_price: perMillion(model.output_price),
  }
}

function written(value: number | null): string {
  return value === null ? '' : String(value)
}

function priceWritten(price: string | null): string {
  return price === null ? '' : perMillion(price)
}

/** What a provider says of a model of its own; what it does not say is left to be filled in. */
export function draftOfDiscovered(provider: string, found: DiscoveredModel): ModelDraft {
  return {
    ...NO_MODEL,
    id: `${provider}/${found.upstream}`,
    provider,
    upstream: found.upstream,
    display_name: found.display_name ?? found.upstream,
    window: written(found.window),
    max_output: written(found.max_output),
    input_price: priceWritten(found.input_price),
    output_price: priceWritten(found.output_price),
  }
}
