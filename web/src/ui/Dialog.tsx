import { useEffect, useRef, type ReactNode } from 'react';
import { Modal, type ModalProps } from '@mantine/core';
import { useTexts } from '../texts/texts';

type Props = Omit<ModalProps, 'opened' | 'closeButtonProps' | 'children'> & {
  children: ReactNode;
  /** What is shown once: a slip of the mouse or of a finger does not close it. */
  once?: boolean;
};

/** A window over the page, there as long as it is rendered. Gives the focus back to what opened it. */
export function Dialog({ once, ...rest }: Props) {
  const { common } = useTexts();
  const opener = useRef(openerNow());
  useEffect(() => {
    const element = opener.current;
    return () => {
      // After this one is gone; another may have taken its place, which keeps the focus.
      setTimeout(() => {
        if (element?.isConnected && !document.querySelector('[role="dialog"]')) element.focus();
      });
    };
  }, []);
  return <Modal opened closeButtonProps={{ 'aria-label': common.close }} closeOnClickOutside={!once} closeOnEscape={!once} {...rest} />;
}

/** An entry of a menu is gone when the dialog closes; then it is the button that opened the menu. */
function openerNow(): HTMLElement | undefined {
  const active = document.activeElement;
  const menu = active?.closest('[role="menu"]');
  const button = menu ? document.getElementById(menu.getAttribute('aria-labelledby') ?? '') : active;
  return button instanceof HTMLElement && button !== document.body ? button : undefined;
}
