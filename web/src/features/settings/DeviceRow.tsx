import type { SignInView } from '@/contracts/rest'
import { useEndSignIn } from '@/lib/api/devices'
import { DeviceLine } from '@/ui/DeviceLine'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

export function DeviceRow({ device }: { readonly device: SignInView }) {
  const failureText = useFailureText()
  const end = useEndSignIn()
  return (
    <DeviceLine
      device={device}
      busy={end.isPending}
      onEnd={() => end.mutate(device.id, { onError: (failure) => toast(failureText(failure)) })}
    />
  )
}
