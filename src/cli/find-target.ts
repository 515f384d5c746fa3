import type { Target } from '../../schema/target.ts'
import type { Client } from '../client/client.ts'
import { UsageError } from './command.ts'

/** The target of that id, or of that name where it is the only one. Raises UsageError and ApiProblem. */
export async function findTarget(client: Client, idOrName: string): Promise<Target> {
  if (idOrName.startsWith('tgt_')) return client.targets.get(idOrName)
  const named: Target[] = []
  for await (const target of client.targets.all()) if (target.name === idOrName) named.push(target)
  const [target, second] = named
  if (!target) throw new UsageError(`There is no target “${idOrName}”; \`assay targets list\` shows those there are.`)
  if (second) throw new UsageError(`Several targets are named “${idOrName}”: ${named.map(({ id }) => id).join(', ')}.`)
  return target
}
