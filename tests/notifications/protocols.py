"""What the other sides answer, after their documentation: fields, limits, credentials, errors."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import parse_qsl

from notifications.servers import Got, Local, Reply, said

SLACK_TOKEN = "xoxb-1-good"
ROUTING_KEY = "R" * 32
SID = "AC" + "0a" * 16
TWILIO_TOKEN = "twilio-secret"
SMS_URLS = {
    "+4930111111": "https://ops.example.com/hooks/twilio/sms",
    "+4930222222": "",
    "+4930333333": "https://x",
    "+4930555555": "https://ops.example.com:443/hooks/twilio/sms",
    "+4930666666": "https://old.example.com/hooks/twilio/sms",
    "+4930777777": "http://ops.example.com/hooks/twilio/sms",
}
NTFY_TOKEN = "tk_good"
PUSHOVER_TOKEN, PUSHOVER_USER = "p" * 30, "u" * 30


def slack(got: Got, local: Local) -> Reply:
    """https://docs.slack.dev/reference/methods/chat.postMessage and auth.test"""
    if got.headers.get("authorization") != f"Bearer {SLACK_TOKEN}" or local.mode == "revoked":
        return said(200, ok=False, error="token_revoked" if local.mode == "revoked" else "invalid_auth")
    if got.path == "/api/auth.test":
        return said(200, ok=True, user="accelerapp", team="Books")
    if got.path != "/api/chat.postMessage":
        return said(200, ok=False, error="unknown_method")
    asked = got.json
    if asked.get("channel") not in ("#ops", "U012AB3CD"):
        return said(200, ok=False, error="channel_not_found")
    if not asked.get("text"):
        return said(200, ok=False, error="no_text")
    if not slack_blocks_are_fine(asked.get("blocks", [])):
        return said(200, ok=False, error="invalid_blocks")
    return said(200, ok=True, channel="C1", ts=f"1700000000.{len(local.got):06}")


def slack_blocks_are_fine(blocks: list[dict]) -> bool:
    longest = {"header": 150, "section": 3000}
    for block in blocks:
        if block["type"] in longest and not 0 < len(block["text"]["text"]) <= longest[block["type"]]:
            return False
        if block["type"] == "actions" and not all(len(each["text"]["text"]) <= 75 for each in block["elements"]):
            return False
    return len(blocks) <= 50


def slack_webhook(got: Got, local: Local) -> Reply:
    """https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: words, not JSON."""
    if got.path != "/services/T1/B1/good" or local.mode == "revoked":
        return Reply(404, "no_service")
    asked = got.json
    if set(asked) - {"text", "blocks"} or not slack_blocks_are_fine(asked["blocks"]):
        return Reply(400, "invalid_payload")
    return Reply(200, "ok")


def pagerduty(got: Got, local: Local) -> Reply:
    """https://developer.pagerduty.com/docs/send-alert-event"""
    asked = got.json
    if asked.get("routing_key") != ROUTING_KEY or local.mode == "revoked":
        return said(400, status="invalid event", message="Event object is invalid", errors=["Invalid routing key"])
    wrong = []
    if got.path == "/v2/change/enqueue":
        if set(asked) - {"routing_key", "payload", "links"} or not asked["payload"].get("summary"):
            return said(400, status="invalid event", message="Event object is invalid", errors=["summary"])
        return said(202, status="success", message="Change event processed")
    if got.path != "/v2/enqueue":
        return Reply(404)
    if asked.get("event_action") not in ("trigger", "acknowledge", "resolve"):
        wrong.append("'event_action' is missing or invalid")
    if len(asked.get("dedup_key", "")) > 255:
        wrong.append("Length of 'dedup_key' is incorrect")
    payload = asked.get("payload", {})
    if asked["event_action"] == "trigger":
        if not 0 < len(payload.get("summary", "")) <= 1024 or not payload.get("source"):
            wrong.append("'payload.summary' is missing or too long")
        if payload.get("severity") not in ("critical", "error", "warning", "info"):
            wrong.append("'payload.severity' is invalid")
    if wrong:
        return said(400, status="invalid event", message="Event object is invalid", errors=wrong)
    return said(202, status="success", message="Event processed", dedup_key=asked["dedup_key"])


def twilio(got: Got, local: Local) -> Reply:
    """https://www.twilio.com/docs/messaging/api/message-resource, …/voice/api/call-resource"""
    login = "Basic " + base64.b64encode(f"{SID}:{TWILIO_TOKEN}".encode()).decode()
    if got.headers.get("authorization") != login or local.mode == "revoked":
        return said(
            401, code=20003, message="Authenticate", more_info="https://www.twilio.com/docs/errors/20003", status=401
        )
    if got.path == f"/2010-04-01/Accounts/{SID}.json":
        return said(200, sid=SID, status="active")
    if got.path.startswith(f"/2010-04-01/Accounts/{SID}/IncomingPhoneNumbers.json?"):
        url = SMS_URLS.get(dict(parse_qsl(got.path.partition("?")[2])).get("PhoneNumber", ""))
        numbers = [] if url is None else [{"sid": "PN1", "sms_url": url, "sms_method": "POST"}]
        return said(200, incoming_phone_numbers=numbers, page=0, page_size=50)
    what = re.fullmatch(rf"/2010-04-01/Accounts/{SID}/(Messages|Calls)\.json", got.path)
    if what is None:
        return said(404, code=20404, message="The requested resource was not found", status=404)
    asked = got.form
    if not re.fullmatch(r"\+[1-9]\d{6,14}", asked.get("To", "")):
        return said(400, code=21211, message=f"Invalid 'To' Phone Number: {asked.get('To')}", status=400)
    if what[1] == "Messages" and not 0 < len(asked.get("Body", "")) <= 1600:
        return said(
            400, code=21617, message="The concatenated message body exceeds the 1600 character limit", status=400
        )
    if what[1] == "Calls" and not 0 < len(asked.get("Twiml", "")) <= 4000:
        return said(400, code=21219, message="Twiml is missing or too long", status=400)
    return said(201, sid=f"SM{len(local.got):032}", status="queued")


def ntfy(got: Got, local: Local) -> Reply:
    """https://docs.ntfy.sh/publish/#publish-as-json"""
    if got.headers.get("authorization") != f"Bearer {NTFY_TOKEN}" or local.mode == "revoked":
        return said(401, code=40101, http=401, error="unauthorized")
    if got.path == "/v1/account":
        return said(200, username="accelerapp", role="user")
    asked = got.json
    if got.path != "/" or not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", asked.get("topic", "")):
        return said(400, code=40024, http=400, error="invalid request: body must be valid JSON")
    if not 1 <= asked.get("priority", 3) <= 5 or len(asked.get("actions", [])) > 3:
        return said(400, code=40007, http=400, error="invalid priority parameter")
    if len(asked["message"].encode()) > 4096:
        return said(400, code=40022, http=400, error="invalid request: message too long")
    return said(200, id=f"m{len(local.got)}", event="message", topic=asked["topic"], message=asked["message"])


def pushover(got: Got, local: Local) -> Reply:
    """https://pushover.net/api"""
    asked = got.form
    request = {"request": f"r-{len(local.got)}"}
    if asked.get("token") != PUSHOVER_TOKEN or local.mode == "revoked":
        return said(400, token="invalid", errors=["application token is invalid"], status=0, **request)
    if asked.get("user") != PUSHOVER_USER:
        return said(
            400,
            user="invalid",
            errors=["user identifier is not a valid user, group, or subscribed user key"],
            status=0,
            **request,
        )
    if got.path == "/1/users/validate.json":
        return said(200, status=1, devices=["phone"], **request)
    if not 0 < len(asked.get("message", "")) <= 1024 or len(asked.get("title", "")) > 250:
        return said(400, message="cannot be blank", errors=["message cannot be blank"], status=0, **request)
    return said(200, status=1, **request)


def teams(got: Got, local: Local) -> Reply:
    """The trigger "When a Teams webhook request is received" of a workflow."""
    if "sig=good" not in got.path or local.mode == "revoked":
        return said(401, error={"code": "DirectApiAuthorizationRequired", "message": "The request is not signed."})
    asked = got.json
    (attachment,) = asked["attachments"]
    card = attachment["content"]
    if asked["type"] != "message" or attachment["contentType"] != "application/vnd.microsoft.card.adaptive":
        return said(400, error={"code": "TriggerInputSchemaMismatch", "message": "schema"})
    if card["type"] != "AdaptiveCard" or len(got.body) > 28 * 1024:
        return said(413, error={"code": "TooLarge", "message": "too large"})
    return Reply(202, "", {"x-ms-workflow-run-id": f"run-{len(local.got)}"})


def mattermost(got: Got, local: Local) -> Reply:
    """https://developers.mattermost.com/integrate/webhooks/incoming/"""
    if got.path != "/hooks/good" or local.mode == "revoked":
        return said(400, id="web.incoming_webhook.invalid.app_error", message="Invalid webhook.", status_code=400)
    asked = got.json
    if not 0 < len(asked.get("text", "")) <= 16383:
        return said(400, id="api.context.invalid", message="Unable to parse incoming data.", status_code=400)
    return Reply(200, "ok")


def webhook(got: Got, local: Local) -> Reply:
    """A receiver of ours."""
    if local.mode == "revoked":
        return Reply(403, "not here any more")
    json.loads(got.body)
    return Reply(204)
