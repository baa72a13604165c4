"""Bodies that work, by name, once the agent, the number and the campaign they name are there."""

from collections.abc import Mapping

AGENT_ID = "a7k2m9q4x1c8v5n3"
KEY_ID = "k5t8w2y6b4d9f1h3"
CAMPAIGN_ID = "c3p8t6w2e9r4y7h5"
CALLER_ID = "+34910000000"
CALL_ID = f"{CAMPAIGN_ID}-t5d1g8j3k6z2b9s4-1"

Examples = Mapping[str, object]

WORKSPACE: Examples = {"a workspace": {"name": "Acme", "concurrency_limit": 5}}

SESSION: Examples = {"a key": {"api_key": f"carillon_{KEY_ID}_a-secret"}}

LIMITS: Examples = {"more calls at once": {"concurrency_limit": 20, "calls_per_second": 5}}

AGENT: Examples = {
    "an agent": {
        "name": "Ana",
        "carrier": "simulated",
        "prompt": "Say hello to {{name}}.",
        "custom_outcomes": ["will_pay"],
        "ring_timeout_s": 30,
    }
}

CARRIER: Examples = {
    "Twilio": {
        "kind": "twilio",
        "account_sid": "AC" + "0" * 32,
        "twiml": "<Response><Connect><Stream url='wss://voice.example.com'/></Connect></Response>",
        "secrets": {"auth_token": "twilio-token"},
    },
    "anybody who takes JSON": {
        "kind": "http",
        "url": "https://voice.example.com/calls",
        "headers": {"Authorization": "Bearer {{secrets.api_key}}"},
        "secrets": {"api_key": "voice-key", "webhook": "voice-webhooks"},
    },
}

KEY: Examples = {"for the CRM": {"name": "CRM", "requests_per_minute": 120}}

KEY_CHANGES: Examples = {"twice as often": {"requests_per_minute": 240}}

AGENT_CHANGES: Examples = {
    "another voice": {"voice": {"id": "ines", "speed": 1.1}, "custom_outcomes": ["will_pay"]},
    "off duty": {"is_active": False},
}

NUMBER_CHANGES: Examples = {"no calls out": {"has_outbound_trunk": False}}

NUMBER: Examples = {"a number": {"phone": CALLER_ID, "carrier": "simulated"}}

CAMPAIGN: Examples = {
    "a batch": {
        "name": "Renewals",
        "type": "batch",
        "agent_id": AGENT_ID,
        "caller_id": CALLER_ID,
        "priority": "high",
        "timezone": "Europe/Madrid",
        "calling_hours": {"start": "10:00", "end": "18:30", "days": ["mon", "tue", "wed"]},
        "start_at": "2027-03-08T09:00:00+01:00",
        "end_at": "2027-03-19T20:00:00+01:00",
        "max_attempts": 3,
        "retry_intervals_ms": [3_600_000, 86_400_000],
        "retry_outcomes": ["voicemail"],
        "concurrency_limit": 2,
    },
    "a realtime campaign": {"name": "Leads", "type": "realtime", "timezone": "Asia/Kolkata"},
}

CAMPAIGN_CHANGES: Examples = {
    "more urgent, and not on Fridays": {
        "priority": "high",
        "calling_hours": {"start": "09:00", "end": "17:00", "days": ["mon", "tue", "wed", "thu"]},
        "retries": 2,
        "retry_interval_ms": 1_800_000,
    },
    "stopped for a while": {"status": "paused"},
    "not more than this a day": {
        "daily_budget": {"attempts": 2000, "minutes": 600, "cost": {"EUR": "25.00"}},
        "failure_brake": {"share": 0.5, "least_calls": 20, "window_s": 300},
    },
}

#: The template and the variables are those of the seed (HMS, personalizing calls).
SOVEREIGN_CAMPAIGN: Examples = {
    "in HMS Sovereign's words": {
        "name": "Whitepaper follow-up",
        "assistant_id": AGENT_ID,
        "phone_number": CALLER_ID,
        "system_message_template": "You are calling {{name}}, the {{role}} at {{company}}.",
        "schedule_start_time": "09:00:00",
        "schedule_end_time": "17:00:00",
        "timezone": "Europe/Amsterdam",
    },
}

SOVEREIGN_CHANGES: Examples = {
    "other hours, in HMS Sovereign's words": {
        "schedule_start_time": "10:00:00",
        "schedule_end_time": "16:30:00",
        "status": "scheduled",
    },
}

LEADS: Examples = {
    "one lead": {
        "phone_number": "+31201234567",
        "variables": {
            "name": "Maria Jansen",
            "role": "Head of Operations",
            "company": "LogiFlow BV",
        },
    },
    "a list of leads": {
        "leads": [
            {"phone_number": "+31201234568", "variables": {"name": "Eva"}},
            {"phone_number": "+31201234569", "variables": {"name": "Leo"}},
        ]
    },
}

TASK: Examples = {
    "one task": {
        "phone": "+919876543210",
        "from": CALLER_ID,
        "agent": AGENT_ID,
        "start": 1000,
        "end": 1800,
        "timezone": "Asia/Kolkata",
        "startAfter": 1_804_300_000_000,
        "endAfter": 1_806_000_000_000,
        "priorities": [100, 50],
        "retries": 2,
        "intervals": [180_000],
        "retryOutcomes": ["voicemail"],
        "context": {"name": "Tarun"},
        "campaign": CAMPAIGN_ID,
    },
    "a list": [
        {"phone": "+34600000001", "campaign": CAMPAIGN_ID, "context": {"name": "Eva"}},
        {"phone": "+34600000002", "campaign": CAMPAIGN_ID, "context": {"name": "Leo"}},
    ],
}

IMPORT: Examples = {
    "a file to come": {"file": "contacts.csv"},
    "a list from a spreadsheet in German": {
        "file": "Kontakte.csv",
        "columns": {"phone": "Kontakt-Nr"},
        "region": "DE",
        "encoding": "windows-1252",
        "duplicates": "update",
    },
}

EXPORT: Examples = {
    "all tasks": {"what": "tasks", "format": "csv", "context": ["name"]},
    "all calls, for a program": {"what": "calls", "format": "ndjson"},
}

CONTACTS: Mapping[str, str] = {
    "two contacts": "phone,name\n+34600000001,Eva\n+34600000002,Ana\n",
}

REPORT: Examples = {
    "the simulated carrier's, of an end": {
        "event_id": "evt_1",
        "type": "ended",
        "call_id": f"sim-{CALL_ID}",
        "correlation_id": CALL_ID,
        "sequence": 2,
        "at": 1_804_300_030_000,
        "status": "completed",
        "permanent": False,
        "duration_ms": 30_000,
        "cost": {"amount": "0.0450", "currency": "USD"},
        "recording_url": None,
        "analysis_follows": False,
    }
}

REDRIVE: Examples = {"one queue's": {"queue": "calls"}, "all": {}}
