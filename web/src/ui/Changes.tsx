import classes from './ui.module.css';

/** Fields before and after, side by side. */
export function Changes({ changes }: { changes: { key: string; before?: string | null; after?: string | null }[] }) {
  return (
    <div className={classes.frame}>
      <table className={classes.diff}>
        <thead><tr><th scope="col">Field</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
        <tbody>
          {changes.map(({ key, before, after }) => (
            <tr key={key}>
              <td>{key}</td>
              <td data-side="before">{before ?? <span className="dim">not set</span>}</td>
              <td data-side="after">{after ?? <span className="dim">not set</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
