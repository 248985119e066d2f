# Works on files of an instance, as its own user, in its own container. A path is walked name by name from a folder that nobody
# in the container can replace, each opened without following a link and kept open: what was checked is what is used, whatever
# is renamed or linked meanwhile. Reads one request as JSON from its argument, and what is to be written from its input.
import ast, errno, fcntl, hashlib, json, os, stat, sys
from xml.parsers import expat

TEXT, LIST, HASHED = 1 << 20, 5000, 64 << 20
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Refused(Exception):
    pass


def names(path):
    parts = path.split('/') if path else []
    for part in parts:
        if part in ('', '.', '..') or '\0' in part or len(os.fsencode(part)) > 255 or part.startswith('.ocore-'):
            raise Refused('path_refused')
    if len(parts) > 40:
        raise Refused('path_refused')
    return parts


def walk(base, parts, make=0):
    """The folder, opened. Of its last names so many are made where they are missing."""
    fd = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for index, part in enumerate(parts):
        try:
            if index >= len(parts) - make:
                try:
                    os.mkdir(part, 0o755, dir_fd=fd)
                except FileExistsError:
                    pass
            inner = os.open(part, FOLDER, dir_fd=fd)
        finally:
            os.close(fd)
        fd = inner
    return fd


def root_of(q):
    if not q['writable']:
        return q['base'], q['inside']
    fd = walk(q['base'], q['inside'], make=len(q['inside']))
    if not os.fstat(fd).st_mode & stat.S_IWUSR:
        os.fchmod(fd, 0o755)
    os.close(fd)
    return q['base'], q['inside']


def parent(q, path):
    parts = names(path)
    if not parts:
        raise Refused('path_refused')
    base, inside = root_of(q)
    return walk(base, inside + parts[:-1]), parts[-1]


def opened(q, folder, name):
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    seen = os.fstat(fd)
    if not stat.S_ISREG(seen.st_mode):
        os.close(fd)
        raise Refused('not_a_file')
    # A second name for a file elsewhere: what is read or replaced here would be that one.
    if q['writable'] and seen.st_nlink > 1:
        os.close(fd)
        raise Refused('linked')
    return fd, seen


def hash_of(fd, size):
    if size > HASHED:
        return None
    digest = hashlib.sha256()
    os.lseek(fd, 0, os.SEEK_SET)
    while True:
        part = os.read(fd, 1 << 20)
        if not part:
            break
        digest.update(part)
    os.lseek(fd, 0, os.SEEK_SET)
    return digest.hexdigest()


def kind_of(mode):
    return 'file' if stat.S_ISREG(mode) else 'folder' if stat.S_ISDIR(mode) else 'link' if stat.S_ISLNK(mode) else 'other'


def described(name, seen):
    return {'name': name, 'kind': kind_of(seen.st_mode), 'size': seen.st_size, 'modified': seen.st_mtime}


def listed(q):
    base, inside = root_of(q)
    folder = walk(base, inside + names(q['path']))
    entries, more = [], False
    with os.scandir(folder) as found:
        for entry in found:
            if entry.name.startswith('.ocore-') or entry.name == '__pycache__':
                continue
            if len(entries) == LIST:
                more = True
                break
            try:
                entry.name.encode('utf-8')
                entries.append(described(entry.name, entry.stat(follow_symlinks=False)))
            except (OSError, UnicodeEncodeError):
                pass
    return {'entries': sorted(entries, key=lambda e: (e['kind'] != 'folder', e['name'])), 'more': more}


def read(q):
    folder, name = parent(q, q['path'])
    fd, seen = opened(q, folder, name)
    answer = dict(described(name, seen), hash=hash_of(fd, seen.st_size), large=seen.st_size > TEXT, binary=False)
    if answer['large']:
        answer['binary'] = b'\0' in os.read(fd, 8192)
        return answer
    data = b''
    while len(data) <= TEXT:
        part = os.read(fd, TEXT + 1 - len(data))
        if not part:
            break
        data += part
    try:
        if b'\0' in data:
            raise UnicodeDecodeError('utf-8', data, 0, 1, 'NUL')
        answer['text'] = data.decode('utf-8')
    except UnicodeDecodeError:
        answer['binary'] = True
    return answer


def download(q):
    folder, name = parent(q, q['path'])
    fd, seen = opened(q, folder, name)
    out = sys.stdout.buffer
    out.write(json.dumps(described(name, seen)).encode() + b'\n')
    left = seen.st_size
    while left:
        part = os.read(fd, min(left, 1 << 18))
        if not part:
            sys.exit(9)
        out.write(part)
        left -= len(part)
    out.flush()
    sys.exit(0)


def write(q):
    folder, name = parent(q, q['path'])
    # Of two who save at once the second sees what the first has saved.
    fcntl.flock(folder, fcntl.LOCK_EX)
    mode, present = 0o644, None
    try:
        fd, seen = opened(q, folder, name)
        mode, present = stat.S_IMODE(seen.st_mode) & 0o777, hash_of(fd, seen.st_size) or 'large'
        os.close(fd)
    except FileNotFoundError:
        pass
    if q['hash'] is None and present is not None and not q['replace']:
        raise Refused('file_exists')
    if q['hash'] is not None and q['hash'] != present:
        raise Refused('file_changed')
    temporary = '.ocore-' + os.urandom(8).hex()
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        left = q['size']
        while left:
            part = sys.stdin.buffer.read(min(left, 1 << 18))
            if not part:
                raise Refused('incomplete')
            view = memoryview(part)
            while view:
                view = view[os.write(fd, view):]
            left -= len(part)
        os.fchmod(fd, mode)
        os.fsync(fd)
        if present is None:
            try:
                # Unlike a rename it does not replace what appeared meanwhile.
                os.link(temporary, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
            except FileExistsError:
                raise Refused('file_exists')
        else:
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            temporary = None
    finally:
        os.close(fd)
        if temporary:
            os.unlink(temporary, dir_fd=folder)
    fd, seen = opened(q, folder, name)
    return dict(described(name, seen), hash=hash_of(fd, seen.st_size))


def make(q):
    folder, name = parent(q, q['path'])
    try:
        os.mkdir(name, 0o755, dir_fd=folder)
    except FileExistsError:
        raise Refused('file_exists')
    return described(name, os.stat(name, dir_fd=folder, follow_symlinks=False))


def move(q):
    (source, old), (target, new) = parent(q, q['path']), parent(q, q['to'])
    seen = os.stat(old, dir_fd=source, follow_symlinks=False)
    fcntl.flock(target, fcntl.LOCK_EX)
    try:
        os.stat(new, dir_fd=target, follow_symlinks=False)
        raise Refused('file_exists')
    except FileNotFoundError:
        pass
    os.rename(old, new, src_dir_fd=source, dst_dir_fd=target)
    return described(new, seen)


def removed(folder, name):
    seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISDIR(seen.st_mode):
        os.unlink(name, dir_fd=folder)
        return 1
    inner = os.open(name, FOLDER, dir_fd=folder)
    count = 1
    try:
        for child in os.listdir(inner):
            count += removed(inner, child)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=folder)
    return count


def delete(q):
    folder, name = parent(q, q['path'])
    if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode) and not q['recursive']:
        os.rmdir(name, dir_fd=folder)
        return {'count': 1}
    return {'count': removed(folder, name)}


def check(q):
    """What the instance's own Python and an XML parser say of a text; nothing of it is run and nothing is fetched."""
    text, name, wrong = sys.stdin.buffer.read(), names(q['path'])[-1], []
    try:
        if name.endswith('.py'):
            tree = compile(text, name, 'exec', ast.PyCF_ONLY_AST | 0, dont_inherit=True)
            compile(tree, name, 'exec', dont_inherit=True)
            if name in ('__manifest__.py', '__openerp__.py') and not isinstance(ast.literal_eval(text.decode('utf-8').strip()), dict):
                wrong.append({'line': 1, 'column': 1, 'message': 'A manifest is one dictionary.'})
        elif name.endswith(('.xml', '.svg')):
            expat.ParserCreate().Parse(text, True)
        elif name.endswith('.json'):
            json.loads(text.decode('utf-8'))
    except SyntaxError as e:
        wrong.append({'line': e.lineno or 1, 'column': e.offset or 1, 'message': e.msg})
    except expat.ExpatError as e:
        wrong.append({'line': e.lineno, 'column': e.offset + 1, 'message': expat.ErrorString(e.code)})
    except json.JSONDecodeError as e:
        wrong.append({'line': e.lineno, 'column': e.colno, 'message': e.msg})
    except (ValueError, RecursionError, MemoryError) as e:
        wrong.append({'line': 1, 'column': 1, 'message': str(e) or type(e).__name__})
    return {'errors': wrong}


VERBS = {'list': listed, 'read': read, 'download': download, 'write': write, 'make': make, 'move': move, 'delete': delete, 'check': check}
CODES = {errno.ENOENT: 'not_found', errno.ELOOP: 'linked', errno.ENOTDIR: 'not_a_folder', errno.EISDIR: 'not_a_file', errno.ENOTEMPTY: 'not_empty',
         errno.EACCES: 'denied', errno.EPERM: 'denied', errno.EROFS: 'read_only', errno.ENOSPC: 'no_space', errno.EDQUOT: 'no_space', errno.EINVAL: 'path_refused',
         errno.ENAMETOOLONG: 'path_refused', errno.EEXIST: 'file_exists', errno.ENXIO: 'not_a_file'}


def main():
    request = json.loads(sys.argv[1])
    try:
        if request['verb'] in ('write', 'make', 'move', 'delete') and not request['writable']:
            raise Refused('read_only')
        answer = VERBS[request['verb']](request)
    except Refused as refused:
        answer = {'error': str(refused)}
    except UnicodeError:
        answer = {'error': 'path_refused'}
    except OSError as failed:
        answer = {'error': CODES.get(failed.errno, 'failed'), 'detail': failed.strerror}
    print(json.dumps(answer))


main()
