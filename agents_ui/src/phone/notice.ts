/** Notices of the desktop, for when the desk is not what is being looked at. */

export type NoticePermission = 'granted' | 'denied' | 'default' | 'absent'

export function noticePermission(): NoticePermission {
  return 'Notification' in window ? Notification.permission : 'absent'
}

export async function askForNotices(): Promise<NoticePermission> {
  return 'Notification' in window ? await Notification.requestPermission() : 'absent'
}

/** Tells of a call unless the page is in front; a click brings it there. Returns what takes it away. */
export function showNotice(title: string, body: string, onClick: () => void): () => void {
  if (noticePermission() !== 'granted' || document.hasFocus()) return () => undefined
  const notice = new Notification(title, { body, tag: 'hotline.call', requireInteraction: true })
  notice.onclick = () => {
    window.focus()
    onClick()
    notice.close()
  }
  return () => notice.close()
}
