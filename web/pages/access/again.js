// Who follows a link from elsewhere comes without their cookie (SameSite=Strict): if they are signed in, they go on.

const { ok } = await fetch("/api/me");
if (ok) location.replace(document.querySelector('[name="next"]').value);
