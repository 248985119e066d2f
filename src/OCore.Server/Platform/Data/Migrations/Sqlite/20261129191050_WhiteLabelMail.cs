using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace OCore.Platform.Data.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class WhiteLabelMail : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Language",
                table: "Users",
                type: "TEXT",
                maxLength: 8,
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "ReportAt",
                table: "BackupSchedules",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "ReportEvery",
                table: "BackupSchedules",
                type: "TEXT",
                maxLength: 32,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "ReportTo",
                table: "BackupSchedules",
                type: "TEXT",
                nullable: false,
                defaultValue: "[]");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "Language",
                table: "Users");

            migrationBuilder.DropColumn(
                name: "ReportAt",
                table: "BackupSchedules");

            migrationBuilder.DropColumn(
                name: "ReportEvery",
                table: "BackupSchedules");

            migrationBuilder.DropColumn(
                name: "ReportTo",
                table: "BackupSchedules");
        }
    }
}
