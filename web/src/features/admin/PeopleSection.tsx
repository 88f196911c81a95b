import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { PEOPLE_PER_PAGE, type PeopleFilter, usePeople } from '@/lib/api/people'
import { useSettled } from '@/lib/useSettled'
import { SelectField, TextField } from '@/ui/Field'
import { Loaded } from '@/ui/Loaded'
import { Pager } from '@/ui/Pager'

import { PersonRow } from './PersonRow'
import { ROLES } from './roles'

const EVERYBODY: PeopleFilter = { q: '', role: '', status: '', page: 1 }

export function PeopleSection() {
  const { t } = useTranslation()
  const [filter, setFilter] = useState(EVERYBODY)
  const people = usePeople(useSettled(filter))
  const narrow = (change: Partial<PeopleFilter>) => setFilter({ ...filter, page: 1, ...change })
  return (
    <>
      <search className="grid grid-cols-2 gap-3 sm:grid-cols-[1fr_11rem_11rem]">
        <div className="max-sm:col-span-2">
          <TextField
            label={t('people.search')}
            type="search"
            maxLength={200}
            value={filter.q}
            onChange={(event) => narrow({ q: event.target.value })}
          />
        </div>
        <SelectField
          label={t('people.role')}
          value={filter.role}
          onChange={(event) => narrow({ role: event.target.value as PeopleFilter['role'] })}
        >
          <option value="">{t('all')}</option>
          {ROLES.map((role) => (
            <option key={role} value={role}>
              {t(`roles.${role}`)}
            </option>
          ))}
        </SelectField>
        <SelectField
          label={t('people.status')}
          value={filter.status}
          onChange={(event) => narrow({ status: event.target.value as PeopleFilter['status'] })}
        >
          <option value="">{t('all')}</option>
          <option value="active">{t('people.active')}</option>
          <option value="suspended">{t('people.suspended')}</option>
        </SelectField>
      </search>
      <div className="mt-5">
        <Loaded query={people}>
          {({ entries, total }) => (
            <>
              {total === 0 ? <p className="text-sm text-muted">{t('people.nobody')}</p> : null}
              <ul className="divide-y divide-line rounded-2xl border border-line bg-surface empty:hidden">
                {entries.map((person) => (
                  <PersonRow key={person.id} person={person} />
                ))}
              </ul>
              <Pager page={filter.page} perPage={PEOPLE_PER_PAGE} total={total} onPage={(page) => narrow({ page })} />
            </>
          )}
        </Loaded>
      </div>
    </>
  )
}
