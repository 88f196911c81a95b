const GROUP = 4

/** A secret in groups that an eye can follow; authenticators ignore the spaces. */
export function inGroups(secret: string): string {
  return (secret.match(new RegExp(`.{1,${GROUP}}`, 'g')) ?? []).join(' ')
}
