import { Copyable, Status } from '../../ui/Bits';
import table from '../../ui/ui.module.css';

interface Row { type: string; name: string; value: string; found: boolean; seen: string[]; note?: string }

/** What to set where the domain's DNS is kept, each part to copy, beside what was there at the last look. */
export function DnsRecords({ records }: { records: Row[] }) {
  return (
    <div className={table.frame}>
      <div className={table.scroll}>
        <table className={table.table} aria-label="DNS records">
          <thead><tr><th scope="col">Type</th><th scope="col">Name</th><th scope="col">Value</th><th scope="col">Seen</th></tr></thead>
          <tbody>
            {records.map((record) => (
              <tr key={record.type + record.name + record.value}>
                <td>{record.type}{record.note && <div className="dim" style={{ fontSize: 11 }}>{record.note}</div>}</td>
                <td data-wrap><Copyable text={record.name} label={`Copy the name of the ${record.type} record`} /></td>
                <td data-wrap><Copyable text={record.value} label={`Copy the value of the ${record.type} record`} /></td>
                <td data-wrap>{record.found ? <Status tone="good">There</Status> : record.seen.length ? <><Status tone="bad">Another</Status> <span className="mono break">{record.seen.join(', ')}</span></> : <Status tone="idle">Not there</Status>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
