import { OrgContext } from '../api/hooks';
import { viewing } from '../api/viewing';
import { usePathPart } from '../nav';
import { useTexts } from '../texts/texts';
import { People } from './SignedIn';
import classes from './portal.module.css';

/** The portal as the client's people see it, for the agency; the bar cannot be styled away by the portal's own CSS. */
export default function Viewed() {
  const { portal: t } = useTexts();
  const slug = usePathPart('viewed');
  const ticket = viewing.current();
  return (
    <OrgContext value={slug}>
      <People viewing={
        <div className={classes.viewing} role="status">
          <span>{t.viewing(ticket?.client.name ?? slug)} {ticket?.readOnly !== false && t.viewOnly}</span>
          <button type="button" onClick={() => { viewing.end(); window.close(); window.location.assign('/'); }}>{t.leave}</button>
        </div>
      } />
    </OrgContext>
  );
}
