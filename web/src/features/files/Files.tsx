import { lazy, Suspense, useState } from 'react';
import { ActionIcon, Button, FileButton, NativeSelect, Tooltip } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { IconChevronRight, IconDots, IconFile, IconFilePlus, IconFolder, IconFolderPlus, IconLink, IconUpload } from '@tabler/icons-react';
import { address, headers, send } from '../../api/client';
import { api } from '../../api/endpoints';
import { ApiError, problemOf } from '../../api/errors';
import { useOrg, useRead, useRefusal, useSend } from '../../api/hooks';
import type { FileEntry, FileFault, FileView, InstanceView } from '../../api/types';
import { useUrlState } from '../../nav';
import { useTexts } from '../../texts/texts';
import { EmptyState } from '../../ui/Bits';
import { saveBlob } from '../../ui/download';
import { ErrorNote, ErrorState } from '../../ui/Errors';
import { bytes } from '../../ui/format';
import { later } from '../../ui/later';
import { LaterMenu } from '../../ui/LaterMenu';
import { Loading } from '../../ui/Loading';
import { done, failed } from '../../ui/toast';
import { joined, last } from './names';
import classes from './files.module.css';

const Editor = lazy(() => import('./Editor'));
const Naming = later(async () => (await import('./FileDialogs')).Naming, null);
const Deleting = later(async () => (await import('./FileDialogs')).Deleting, null);

type Asking = { kind: 'file' | 'folder' | 'rename'; path: string } | { kind: 'delete'; path: string; folder: boolean };

const above = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** The instance's own add-ons, its configuration, and the sources it reads, as a tree with an editor beside it. */
export function Files({ instance }: { instance: InstanceView }) {
  const { files: t } = useTexts();
  const org = useOrg();
  const client = useQueryClient();
  const [root, setRoot] = useUrlState('root', 'addons');
  const [path, setPath] = useUrlState('file', '');
  const [folder, setFolder] = useState('');
  const [asking, setAsking] = useState<Asking>();
  const [busy, setBusy] = useState(false);
  const mayNot = useRefusal('manage:instances');
  const top = useRead(api.files(instance.id, root, ''));
  if (!['running', 'restarting', 'failed'].includes(instance.status)) return <EmptyState title={t.files}>{t.notRunning}</EmptyState>;
  if (top.error && !top.data) return <ErrorState error={top.error} onRetry={() => void top.reload()} />;
  if (!top.data) return <Loading />;
  const writable = top.data.root.writable && !mayNot;
  // The configuration is one file, which is there.
  const growing = writable && root === 'addons';

  async function upload(list: File[]) {
    setBusy(true);
    try {
      for (const file of list) await send(api.uploadFile(instance.id, joined(folder, file.name), file), { org });
      if (list.length > 0) done(t.uploaded);
    } catch (error) {
      if (error instanceof ApiError) failed(error);
    } finally {
      setBusy(false);
      void client.invalidateQueries();
    }
  }

  return (
    <div className={classes.page}>
      <nav className={classes.tree} aria-label={t.files}>
        <div className={classes.treeHead}>
          <NativeSelect
            size="xs" className={classes.grow} aria-label={t.root} value={root}
            data={top.data.roots.map(({ name, writable: own }) => ({ value: name, label: name === 'addons' ? t.addons : name === 'configuration' ? t.configuration : own ? name : `${name} (${t.readOnly})` }))}
            onChange={(event) => { setRoot(event.currentTarget.value); setPath(''); setFolder(''); }}
          />
          {growing && (
            <>
              <Tooltip label={t.newFile}><ActionIcon variant="subtle" color="gray" size={24} aria-label={t.newFile} onClick={() => setAsking({ kind: 'file', path: folder })}><IconFilePlus size={15} aria-hidden /></ActionIcon></Tooltip>
              <Tooltip label={t.newFolder}><ActionIcon variant="subtle" color="gray" size={24} aria-label={t.newFolder} onClick={() => setAsking({ kind: 'folder', path: folder })}><IconFolderPlus size={15} aria-hidden /></ActionIcon></Tooltip>
              <Tooltip label={t.upload}>
                <span>
                  <FileButton multiple onChange={(list) => void upload(list)}>
                    {(props) => <ActionIcon variant="subtle" color="gray" size={24} loading={busy} aria-label={t.upload} {...props}><IconUpload size={15} aria-hidden /></ActionIcon>}
                  </FileButton>
                </span>
              </Tooltip>
            </>
          )}
        </div>
        <Folder instance={instance} root={root} path="" depth={0} open={path} chosen={folder} onFolder={setFolder} onFile={setPath} onAsk={growing ? setAsking : undefined} />
      </nav>
      <div>
        {path ? <OneFile key={`${root} ${path}`} instance={instance} root={root} path={path} mayWrite={writable} /> : <EmptyState title={t.choose}>{t.chooseNote}</EmptyState>}
      </div>
      {asking && asking.kind !== 'delete' && <Naming instance={instance} asking={asking} onClose={() => setAsking(undefined)} onDone={(made) => { setAsking(undefined); if (asking.kind === 'file' || asking.path === path) setPath(made); }} />}
      {asking?.kind === 'delete' && <Deleting instance={instance} path={asking.path} folder={asking.folder} onClose={() => setAsking(undefined)} onDone={() => { if (path === asking.path || path.startsWith(`${asking.path}/`)) setPath(''); setFolder(''); setAsking(undefined); }} />}
    </div>
  );
}

interface FolderProps {
  instance: InstanceView;
  root: string;
  path: string;
  depth: number;
  open: string;
  chosen: string;
  onFolder: (path: string) => void;
  onFile: (path: string) => void;
  onAsk?: (asking: Asking) => void;
}

function Folder(props: FolderProps) {
  const { files: t } = useTexts();
  const { instance, root, path, depth, open } = props;
  const [shown, setShown] = useState<ReadonlySet<string>>(() => new Set(open.startsWith(path) ? [above(open)] : []));
  const { data, error } = useRead(api.files(instance.id, root, path));
  if (error) return <ErrorNote error={error} />;
  if (!data) return null;
  const toggle = (name: string) => { const next = new Set(shown); if (!next.delete(name)) next.add(name); setShown(next); props.onFolder(name); };
  return (
    <>
      {data.entries.length === 0 && <div className="dim" style={{ padding: `3px 8px 3px ${8 + depth * 14}px` }}>{t.empty}</div>}
      {data.entries.map((entry) => {
        const full = joined(path, entry.name);
        return (
          <div key={entry.name}>
            <Row {...props} entry={entry} full={full} expanded={shown.has(full)} onOpen={() => (entry.kind === 'folder' ? toggle(full) : props.onFile(full))} />
            {entry.kind === 'folder' && shown.has(full) && <Folder {...props} path={full} depth={depth + 1} />}
          </div>
        );
      })}
      {data.hasMore && <div className="dim" style={{ padding: '3px 8px' }}>{t.more}</div>}
    </>
  );
}

function Row({ entry, full, depth, open, chosen, expanded, onOpen, onAsk }: FolderProps & { entry: FileEntry; full: string; expanded: boolean; onOpen: () => void }) {
  const { files: t } = useTexts();
  const folder = entry.kind === 'folder';
  return (
    <div style={{ display: 'flex', alignItems: 'center' }}>
      <button
        type="button" className={classes.row} style={{ paddingLeft: 8 + depth * 14 }} disabled={entry.kind !== 'file' && !folder} aria-expanded={folder ? expanded : undefined}
        aria-current={open === full || (folder && chosen === full)} onClick={onOpen} title={entry.kind === 'file' ? bytes(entry.size) : undefined}
      >
        {folder ? <IconChevronRight size={13} aria-hidden style={expanded ? { transform: 'rotate(90deg)' } : undefined} /> : <span style={{ width: 13 }} />}
        {folder ? <IconFolder size={15} aria-hidden /> : entry.kind === 'file' ? <IconFile size={15} aria-hidden /> : <IconLink size={15} aria-hidden />}
        <span className="clip">{entry.name}</span>
      </button>
      {onAsk && (
        <LaterMenu
          position="bottom-end" width={150}
          target={<ActionIcon variant="subtle" color="gray" size={24} aria-label={t.actionsOf(entry.name)}><IconDots size={14} aria-hidden /></ActionIcon>}
          entries={[
            { label: t.rename, onClick: () => onAsk({ kind: 'rename', path: full }) },
            { label: t.delete, danger: true, onClick: () => onAsk({ kind: 'delete', path: full, folder }) },
          ]}
        />
      )}
    </div>
  );
}

function OneFile({ instance, root, path, mayWrite }: { instance: InstanceView; root: string; path: string; mayWrite: boolean }) {
  const { files: t } = useTexts();
  const org = useOrg();
  const { data, error, reload } = useRead(api.file(instance.id, root, path), { every: () => false });
  async function download() {
    const response = await fetch(address(api.fileDownload(instance.id, root, path)), { headers: headers({ org }), credentials: 'same-origin' });
    if (response.ok) saveBlob(last(path), await response.blob());
    else failed(await problemOf(response));
  }
  if (error && !data) return <ErrorState error={error} onRetry={() => void reload()} />;
  if (!data) return <Loading />;
  const button = <Button variant="default" onClick={() => void download()}>{t.download}</Button>;
  if (data.text === undefined || data.text === null) return <EmptyState title={last(path)} action={button}>{data.isLarge ? t.large(bytes(data.size)) : t.binary(bytes(data.size))}</EmptyState>;
  // The configuration is written anew of what is saved; another text is another editor.
  return <Editing key={root === 'configuration' ? data.hash : ''} instance={instance} root={root} file={data} mayWrite={mayWrite} download={button} onSaved={root === 'configuration' ? () => void reload() : undefined} />;
}

interface EditingProps {
  instance: InstanceView;
  root: string;
  file: FileView;
  mayWrite: boolean;
  download: React.ReactNode;
  onSaved?: () => void;
}

function Editing({ instance, root, file, mayWrite, download, onSaved }: EditingProps) {
  const { files: t } = useTexts();
  const org = useOrg();
  const [kept, setKept] = useState(file);
  const [text, setText] = useState(file.text ?? '');
  const [faults, setFaults] = useState<readonly FileFault[]>([]);
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<ApiError>();
  const module = kept.path.includes('/') ? kept.path.slice(0, kept.path.indexOf('/')) : undefined;
  const changed = text !== kept.text;
  const configuration = root === 'configuration';
  const restart = useSend(() => api.runInstance(instance.id, 'restart'), { onDone: () => done(t.restarting), onError: failed });
  const update = useSend(() => api.changeModules(instance.id, { update: [module!] }), { onDone: () => done(t.updating(module ?? '')), onError: failed });

  async function save(anyway: boolean) {
    if (!mayWrite || busy) return;
    setBusy(true);
    setRefused(undefined);
    try {
      const found = (await send(api.checkFile(instance.id, { root, path: kept.path, text }), { org })).errors;
      setFaults(found);
      if (found.length && !anyway) {
        setAsked(true);
        return;
      }
      setAsked(false);
      const saved = await send(api.saveFile(instance.id, { root, path: kept.path, text, hash: kept.hash ?? undefined }), { org });
      setKept({ ...saved, text });
      done(configuration ? t.restartNeeded : t.saved);
      onSaved?.();
    } catch (error) {
      if (error instanceof ApiError) setRefused(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <section aria-label={kept.path}>
      <div className={classes.bar}>
        <span className="mono break">{kept.path}</span>
        {changed && <span className="dim">{t.unsaved}</span>}
        <span className={classes.grow} />
        {download}
        {mayWrite && configuration && <Button variant="default" loading={restart.busy} disabled={changed} onClick={() => restart.send(undefined)}>{t.restartNow}</Button>}
        {mayWrite && module && <Button variant="default" loading={update.busy} disabled={changed} onClick={() => update.send(undefined)}>{t.updateModule(module)}</Button>}
        {mayWrite && <Button loading={busy} disabled={!changed} onClick={() => void save(false)}>{t.save}</Button>}
      </div>
      <ErrorNote error={refused} />
      {asked && faults[0] && (
        <div className={classes.bar} role="alert">
          <span>{t.faulty(faults[0].line, faults[0].message)}</span>
          {!configuration && <Button variant="default" loading={busy} onClick={() => void save(true)}>{t.saveAnyway}</Button>}
        </div>
      )}
      <div className={classes.editor}>
        <Suspense fallback={<Loading />}>
          <Editor name={last(kept.path)} text={file.text ?? ''} readOnly={!mayWrite} faults={faults} label={kept.path} onChange={setText} onSave={() => void save(false)} />
        </Suspense>
      </div>
    </section>
  );
}
