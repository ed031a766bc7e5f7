/** The script of a Fn::Base64 of a Fn::Join, with `known-later` for what only CloudFormation knows. */
export function scriptOf(userData: unknown): string {
  const join = (userData as { 'Fn::Base64': { 'Fn::Join': [string, unknown[]] } })['Fn::Base64']['Fn::Join']
  return join[1].map((part) => (typeof part === 'string' ? part : 'known-later')).join('')
}
