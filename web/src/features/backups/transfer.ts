import { address, headers } from '../../api/client';
import { api } from '../../api/endpoints';
import { ApiError, noAnswer, problemOf } from '../../api/errors';
import type { BackupView } from '../../api/types';
import { saveBlob } from '../../ui/download';

const folder = 'downloads';

/**
 * Downloads a backup of any size. A link cannot say for which organization it asks, so it is fetched; where the browser lets a page keep
 * files, what comes goes to its disk as it comes, and the file that is saved is the one on the disk.
 */
export async function downloadBackup(org: string, backup: string, onProgress: (bytes: number) => void, signal: AbortSignal) {
  const response = await fetch(address(api.backupDownload(backup)), { headers: headers({ org }), credentials: 'same-origin', signal }).catch((error: unknown) => {
    throw signal.aborted ? error : noAnswer();
  });
  if (!response.ok || !response.body) throw await problemOf(response);
  const name = /filename="?([^";]+)/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? `${backup}.zip`;
  let bytes = 0;
  const counted = response.body.pipeThrough(new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, to) {
      bytes += chunk.byteLength;
      onProgress(bytes);
      to.enqueue(chunk);
    },
  }));
  saveBlob(name, await kept(backup, counted, signal));
}

async function kept(id: string, content: ReadableStream<Uint8Array<ArrayBuffer>>, signal: AbortSignal): Promise<Blob> {
  // Only on https and localhost; elsewhere the browser keeps what is large on its disk by itself.
  if (!navigator.storage?.getDirectory || !('createWritable' in FileSystemFileHandle.prototype)) return new Response(content).blob();
  const files = await (await navigator.storage.getDirectory()).getDirectoryHandle(folder, { create: true });
  await forget(files);
  const file = await files.getFileHandle(`${id}-${Date.now()}`, { create: true });
  await content.pipeTo(await file.createWritable(), { signal });
  return file.getFile();
}

/** Removes what was saved before; not at once after saving, as the browser still reads it then. */
async function forget(files: FileSystemDirectoryHandle) {
  for await (const [name, entry] of files as unknown as AsyncIterable<[string, FileSystemHandle]>)
    if (entry instanceof FileSystemFileHandle && Date.now() - (await entry.getFile()).lastModified > 3_600_000) await files.removeEntry(name).catch(() => undefined);
}

/** Uploads with progress, which fetch cannot tell. */
export function uploadArchive(org: string, file: File, query: Parameters<typeof api.importBackup>[1], onProgress: (bytes: number) => void, signal: AbortSignal): Promise<BackupView> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const write = api.importBackup(file, query);
    request.open(write.method, address(write));
    headers({ org }, write.method).forEach((value, name) => request.setRequestHeader(name, value));
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText) as BackupView);
      else void problemOf(new Response(request.responseText, { status: request.status })).then(reject);
    };
    request.onerror = () => reject(noAnswer());
    request.onabort = () => reject(new ApiError(0, { code: 'aborted' }));
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
