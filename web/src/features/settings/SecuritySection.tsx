import { Devices } from './Devices'
import { SecondFactor } from './SecondFactor'

export function SecuritySection() {
  return (
    <>
      <SecondFactor />
      <Devices />
    </>
  )
}
