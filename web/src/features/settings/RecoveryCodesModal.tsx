import { Check, Copy, Download } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { saveFile } from '@/lib/saveFile'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { Modal } from '@/ui/Modal'

const FILE_NAME = 'palaver-recovery-codes.txt'

interface RecoveryCodesModalProps {
  readonly codes: readonly string[]
  readonly onClose: () => void
}

/** Shown this once. Whoever has not kept them is asked before they are gone. */
export function RecoveryCodesModal({ codes, onClose }: RecoveryCodesModalProps) {
  const { t } = useTranslation()
  const [kept, setKept] = useState(false)
  const [copied, setCopied] = useState(false)
  const [warned, setWarned] = useState(false)
  const text = `${codes.join('\n')}\n`
  const close = () => {
    if (kept || warned) onClose()
    else setWarned(true)
  }
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setKept(true)
    setCopied(true)
  }
  const download = () => {
    saveFile(FILE_NAME, new Blob([text], { type: 'text/plain' }))
    setKept(true)
  }
  return (
    <Modal
      title={t('secondFactor.codesTitle')}
      description={t('secondFactor.codesText')}
      onClose={close}
      footer={
        <div className="flex justify-end">
          <Button look="primary" onClick={close}>
            {t('done')}
          </Button>
        </div>
      }
    >
      <ul
        aria-label={t('secondFactor.codesTitle')}
        className="grid gap-x-6 gap-y-1.5 rounded-2xl bg-sunken px-5 py-4 font-mono text-[0.9375rem] sm:grid-cols-2"
      >
        {codes.map((code) => (
          <li key={code} className="select-all">
            {code}
          </li>
        ))}
      </ul>
      <div className="mt-4 flex flex-wrap gap-2">
        {navigator.clipboard ? (
          <Button small icon={copied ? <Check size={15} /> : <Copy size={15} />} onClick={() => void copy()}>
            {t(copied ? 'copied' : 'copy')}
          </Button>
        ) : null}
        <Button small icon={<Download size={15} />} onClick={download}>
          {t('download')}
        </Button>
      </div>
      {warned && !kept ? (
        <div className="mt-4">
          <Callout tone="warn" urgent>
            {t('secondFactor.codesWarning')}
          </Callout>
        </div>
      ) : null}
    </Modal>
  )
}
