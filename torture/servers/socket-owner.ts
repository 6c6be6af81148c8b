import { readdir, readFile, readlink } from 'node:fs/promises';

const INODE = 9;

const hexPort = (address: string | undefined): number => Number.parseInt(address?.split(':')[1] ?? '', 16);

/** The inode of the socket on this machine that goes from one loopback port to the other. */
const inodeOf = async (localPort: number, remotePort: number): Promise<string | undefined> => {
  const rows = (await readFile('/proc/net/tcp', 'latin1')).split('\n').map((line) => line.trim().split(/\s+/));
  return rows.find(([, local, remote]) => hexPort(local) === localPort && hexPort(remote) === remotePort)?.[INODE];
};

const holds = async (pid: number, socket: string): Promise<boolean> => {
  const files = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')));
  return links.includes(socket);
};

/** Which of these processes holds the near end of a connection; undefined where Linux does not say, or is not there. */
export const socketOwner = async (
  ports: { readonly local: number; readonly remote: number },
  pids: readonly number[],
): Promise<number | undefined> => {
  const inode = await inodeOf(ports.local, ports.remote).catch(() => undefined);
  if (inode === undefined) return undefined;
  for (const pid of pids) if (await holds(pid, `socket:[${inode}]`).catch(() => false)) return pid;
  return undefined;
};
