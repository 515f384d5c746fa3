/** Watches how much memory a Worker's own objects hold, by the inspector that `wrangler dev` opens. */
export interface HeapWatch {
  /**
   * The most memory that was live while `work` ran, MiB: garbage is collected before each look, ten times a second, so
   * that `work` takes longer than it would. Null where the inspector never answered.
   */
  peakLive(work: () => Promise<unknown>): Promise<number | null>
  stop(): void
}

interface Listed {
  id?: string
  title?: string
  webSocketDebuggerUrl: string
}

interface Reply {
  id?: number
  result?: { usedSize?: number }
}

/** Raises where no Worker is listed on that port. */
export async function watchHeap(inspectorPort: number): Promise<HeapWatch> {
  const response = await fetch(`http://127.0.0.1:${inspectorPort}/json`)
  const listed = (await response.json()) as Listed[]
  const [worker] = listed.filter(({ id, title }) => `${id} ${title}`.includes('assay')).concat(listed)
  if (worker === undefined) throw new Error(`the inspector on port ${inspectorPort} lists no Worker`)
  // The inspector takes no connection without an origin that it knows.
  const options = { headers: { origin: 'http://localhost' } }
  const socket = new WebSocket(worker.webSocketDebuggerUrl, options as unknown as string[])
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = () => reject(new Error('the inspector refused the connection'))
  })
  const waiting = new Map<number, (reply: Reply) => void>()
  socket.onmessage = ({ data }) => {
    const reply = JSON.parse(String(data)) as Reply
    if (reply.id !== undefined) waiting.get(reply.id)?.(reply)
  }
  let lastId = 0
  const ask = (method: string) =>
    new Promise<Reply>((resolve) => {
      const id = ++lastId
      waiting.set(id, (reply) => {
        waiting.delete(id)
        resolve(reply)
      })
      socket.send(JSON.stringify({ id, method, params: {} }))
    })
  return {
    async peakLive(work) {
      let peak: number | null = null
      let working = true
      const look = async () => {
        while (working) {
          await ask('HeapProfiler.collectGarbage')
          const { result } = await ask('Runtime.getHeapUsage')
          if (result?.usedSize !== undefined) peak = Math.max(peak ?? 0, result.usedSize / 1048576)
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
      }
      // Not waited for: a Worker that has nothing more to do need not answer.
      void look()
      await work().finally(() => {
        working = false
      })
      return peak
    },
    stop: () => socket.close(),
  }
}
